import CryptoCore
import LogCore
import SQLiteStore
import TimeCore

/// What every operation of the store needs and nothing changes.
struct StoreContext: Sendable {
    let cipher: FieldCipher
    let digests: KeyDigests
    let auditMAC: HMACSHA256
    let time: any TimeSource
    let log: Logger

    init(secrets: Secrets, time: any TimeSource, log: Logger) throws(CryptoError) {
        cipher = try FieldCipher(secret: secrets.storage, keyID: secrets.storageKeyID)
        digests = try KeyDigests(secret: secrets.apiKey)
        auditMAC = try HMACSHA256(
            key: KeyDerivation.hkdf(secrets.storage, salt: "omniroute".utf8, info: "omniroute audit v1".utf8)
        )
        (self.time, self.log) = (time, log)
    }
}

/// One change of the database and of the snapshot that mirrors it, on the writer's thread.
///
/// A change writes rows and then reads back the part of the snapshot they belong to, so that memory never holds
/// anything the database does not.
struct Mutation {
    let database: Database
    let context: StoreContext
    let now: WallTime
    var configuration: Configuration

    var connections: ConnectionRecords { ConnectionRecords(database: database, cipher: context.cipher) }
    var nodes: NodeRecords { NodeRecords(database: database) }
    var combos: ComboRecords { ComboRecords(database: database) }
    var mappings: MappingRecords { MappingRecords(database: database) }
    var keys: KeyRecords { KeyRecords(database: database, digests: context.digests) }
    var values: ValueRecords { ValueRecords(database: database, cipher: context.cipher) }

    mutating func reloadConnections(of provider: String) throws {
        let table = configuration.connectionTable.replacing(
            provider: provider,
            with: try connections.all(provider: provider)
        )
        configuration = configuration.replacing(connections: table)
    }

    mutating func reloadNodes() throws {
        configuration = configuration.replacing(nodes: NodeTable(try nodes.all()))
    }

    mutating func reloadCombos() throws {
        configuration = configuration.replacing(combos: ComboTable(try combos.all(), mappings: try mappings.all()))
    }

    mutating func reloadKeys() throws {
        configuration = configuration.replacing(keys: KeyTable(try keys.all()))
    }

    mutating func reloadValues() throws {
        configuration = configuration.replacing(values: try values.table())
    }

    mutating func reloadSessions() throws {
        configuration = configuration.replacing(sessions: try SessionRecords(database: database).table(now: now))
    }
}
