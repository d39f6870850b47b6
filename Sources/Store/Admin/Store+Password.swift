package import CryptoCore
import JSONCore
import LogCore
package import TimeCore

/// How the administrator's password came to be at a start.
package enum PasswordBootstrap: Sendable, Equatable {
    /// There was one.
    case kept
    /// A password stored in clear text by an old version was hashed.
    case hashed
    /// `INITIAL_PASSWORD` was taken; a published one works from this machine only and must be changed.
    case fromEnvironment(mustChange: Bool)
    /// A new one was made: print it once. It is also in `file` until it is changed.
    case generated(password: String, file: String)
}

/// What a password turned out to be.
package enum PasswordCheck: Sendable, Equatable {
    case matches
    case doesNotMatch
    /// None was ever set.
    case noPassword
}

extension Store {
    private static let initialPasswordFile = "initial-password"

    /// Makes sure there is an administrator's password: the stored one, else `initial`, else a generated one.
    ///
    /// Blocks for a hash and a commit; meant for the start of the program.
    ///
    /// - Parameter initial: The value of `INITIAL_PASSWORD`; a supported hash is taken as it is.
    /// - Returns: What happened; the caller prints a generated password once.
    /// - Throws: When the password cannot be kept.
    package func ensurePassword(initial: String?) throws -> PasswordBootstrap {
        if let stored = configuration.value("settings", "password")?.string, !stored.isEmpty {
            guard PasswordHashFormat.recognise(stored) == nil else { return .kept }
            // The original allowed clear text here and hashed it at the next login.
            try storePassword(
                hash: PasswordHash.make(Secret(stored)),
                mustChange: WeakSecrets.isPublishedPassword(stored)
            )
            return .hashed
        }
        if let initial, !initial.isEmpty {
            let mustChange = WeakSecrets.isPublishedPassword(initial)
            try storePassword(hash: try Self.initialHash(initial), mustChange: mustChange)
            return .fromEnvironment(mustChange: mustChange)
        }
        let password = SecureRandom.crockford(20)
        let file = directory.file(Self.initialPasswordFile)
        // The file first: a crash in between leaves a password that works nowhere, and the next start makes another.
        try PrivateFile.write(Array("\(password)\n".utf8), to: file)
        try storePassword(hash: PasswordHash.make(Secret(password)), mustChange: false)
        return .generated(password: password, file: file)
    }

    private static func initialHash(_ initial: String) throws -> String {
        switch PasswordHashFormat.recognise(initial) {
        case .argon2id, .bcrypt: return initial
        case .other:
            throw StoreError(
                .invalid,
                "INITIAL_PASSWORD is a hash of a kind that cannot be verified; set a password instead"
            )
        case nil: return try PasswordHash.make(Secret(initial))
        }
    }

    private func storePassword(hash: String, mustChange: Bool) throws {
        try performAndWait { mutation in
            try mutation.setPassword(hash: hash, mustChange: mustChange)
            try mutation.values.set("settings", "setupComplete", to: JSONLiteral.bool(true))
            try mutation.values.set("settings", "requireLogin", to: JSONLiteral.bool(true))
            try mutation.reloadValues()
        }
    }

    /// Compares a password with the stored one, off the event loops.
    ///
    /// Takes as long when there is none.
    ///
    /// A match against an old kind of hash is stored again in the present one.
    ///
    /// - Throws: `overloaded` when too many checks wait.
    package func checkPassword(_ password: Secret) async throws -> PasswordCheck {
        guard let stored = configuration.value("settings", "password")?.string, !stored.isEmpty else {
            _ = try await passwords.run { PasswordHash.verifyNothing(password) }
            return .noPassword
        }
        let log = context.log
        let (verdict, renewed) = try await passwords.run {
            do {
                let verdict = try PasswordHash.verify(password, against: stored)
                return (verdict, verdict == .matchesOldHash ? try PasswordHash.make(password) : nil)
            } catch {
                // An operator must hear of it; whoever logs in learns nothing.
                log.error("the stored password hash cannot be verified", .string("reason", "\(error)"))
                PasswordHash.verifyNothing(password)
                return (.doesNotMatch, nil)
            }
        }
        guard verdict != .doesNotMatch else { return .doesNotMatch }
        if let renewed { try await renewHash(from: stored, to: renewed) }
        return .matches
    }

    private func renewHash(from old: String, to new: String) async throws {
        try await perform { mutation in
            // Unless the password was changed meanwhile.
            guard try mutation.values.find("settings", "password")?.root.string == old else { return }
            try mutation.values.set("settings", "password", to: JSONLiteral.string(new))
            try mutation.reloadValues()
        }
    }

    /// Sets a new password and ends all sessions.
    ///
    /// - Parameters:
    ///   - password: Its rules are the caller's.
    ///   - entry: Written in the same transaction.
    /// - Throws: `overloaded` when too many passwords are being hashed.
    package func setPassword(_ password: Secret, audit entry: AuditEntry? = nil) async throws {
        let hash = try await passwords.run { try PasswordHash.make(password) }
        try await perform(audit: entry) { mutation in
            try mutation.setPassword(hash: hash, mustChange: false)
            try SessionRecords(database: mutation.database).raiseEpoch()
            try mutation.reloadValues()
            try mutation.reloadSessions()
        }
        PrivateFile.remove(directory.file(Self.initialPasswordFile))
    }

    // MARK: - Sessions

    /// Ends one session before its time.
    package func denySession(_ jti: String, until expiry: WallTime, audit entry: AuditEntry? = nil) async throws {
        try await perform(audit: entry) { mutation in
            try SessionRecords(database: mutation.database).deny(jti, until: expiry, now: mutation.now)
            try mutation.reloadSessions()
        }
    }

    /// Ends all sessions.
    package func endAllSessions(audit entry: AuditEntry? = nil) async throws {
        try await perform(audit: entry) { mutation in
            try SessionRecords(database: mutation.database).raiseEpoch()
            try mutation.reloadSessions()
        }
    }
}

extension Mutation {
    fileprivate func setPassword(hash: String, mustChange: Bool) throws {
        try values.set("settings", "password", to: JSONLiteral.string(hash))
        try values.set(
            SessionRecords.namespace,
            "mustChangePassword",
            to: mustChange ? JSONLiteral.bool(true) : nil
        )
    }
}
