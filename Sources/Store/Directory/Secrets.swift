package import CryptoCore

/// The three secrets everything else is derived from, found or made at the first start.
///
/// Each is looked for in the environment, in `.env` files and in `DATA_DIR/server.env`; what is missing is generated
/// and written to `server.env` (0600) before its first use.
package struct Secrets: Sendable {
    /// What keys are derived for; each gets a key of its own.
    package enum Purpose: String, Sendable {
        case session, csrf, oauthState = "oauth-state", audit
    }

    /// A configured value that is too weak or published, and is therefore not used.
    package struct Warning: Sendable, Equatable {
        /// The environment variable.
        package let name: String
        package let source: Environment.Source
    }

    /// Source of session and state keys.
    package let jwt: Secret
    /// Source of the key that digests API keys.
    package let apiKey: Secret
    /// Source of the key that encrypts stored credentials.
    package let storage: Secret
    /// Names the storage key inside encrypted values.
    package let storageKeyID: String
    /// Weak values that were passed over.
    ///
    /// An exposed server must refuse to start because of them (exit code 78).
    package let warnings: [Warning]
    /// The names of the secrets made just now.
    package let generated: [String]

    /// Secrets for tests and tools.
    package init(
        jwt: Secret,
        apiKey: Secret,
        storage: Secret,
        storageKeyID: String = "v1",
        warnings: [Warning] = [],
        generated: [String] = []
    ) {
        (self.jwt, self.apiKey, self.storage, self.storageKeyID) = (jwt, apiKey, storage, storageKeyID)
        (self.warnings, self.generated) = (warnings, generated)
    }

    /// The key for one purpose, derived from the session secret; changing that secret makes all of them new.
    package func key(for purpose: Purpose) throws(CryptoError) -> Secret {
        try KeyDerivation.hkdf(jwt, salt: "omniroute".utf8, info: "omniroute \(purpose.rawValue) v1".utf8)
    }

    /// Finds the secrets, or makes and keeps them.
    ///
    /// - Parameters:
    ///   - directory: Where `server.env` and the database are.
    ///   - environment: The settings of the process.
    /// - Returns: All three secrets.
    /// - Throws: `SecretsError` when a new storage key would make stored values unreadable, or a new secret cannot be
    ///   written down; `DataDirectoryError` when `server.env` is not ours.
    package static func resolve(in directory: DataDirectory, environment: Environment) throws -> Secrets {
        var search = Search(environment: environment)
        let jwt = search.strong("JWT_SECRET", byteCount: 64)
        let apiKey = search.strong("API_KEY_SECRET", byteCount: 32)
        let storage: Secret
        if let found = search.storage() {
            storage = found
        } else {
            try refuseIfEncrypted(directory)
            storage = search.generate("STORAGE_ENCRYPTION_KEY", byteCount: 32)
            search.keep("STORAGE_ENCRYPTION_KEY_VERSION", "v1")
        }
        try persist(search.lines, in: directory)
        let keyID = environment["STORAGE_ENCRYPTION_KEY_VERSION"].flatMap { isKeyID($0) ? $0 : nil } ?? "v1"
        return Secrets(
            jwt: jwt,
            apiKey: apiKey,
            storage: storage,
            storageKeyID: keyID,
            warnings: search.warnings,
            generated: search.lines.map(\.name)
        )
    }

    /// One walk through the sources, collecting what must be written down.
    private struct Search {
        let environment: Environment
        var lines: [(name: String, value: String)] = []
        var warnings: [Warning] = []

        /// The first value that is neither short nor published, or a new one.
        mutating func strong(_ name: String, byteCount: Int) -> Secret {
            for candidate in environment.candidates(name) {
                if !WeakSecrets.isWeak(candidate.value) { return Secret(candidate.value) }
                warnings.append(Warning(name: name, source: candidate.source))
            }
            return generate(name, byteCount: byteCount)
        }

        /// Any value counts, because stored credentials may have been encrypted with it; a weak one is warned about.
        mutating func storage() -> Secret? {
            for name in ["STORAGE_ENCRYPTION_KEY", "OMNIROUTE_CRYPT_KEY", "OMNIROUTE_API_KEY_BASE64"] {
                guard let candidate = environment.candidates(name).first else { continue }
                if WeakSecrets.isPublished(candidate.value) || candidate.value.utf8.count < 16 {
                    warnings.append(Warning(name: name, source: candidate.source))
                }
                return Secret(candidate.value)
            }
            return nil
        }

        mutating func generate(_ name: String, byteCount: Int) -> Secret {
            let value = SecureRandom.hex(byteCount: byteCount)
            keep(name, value)
            return Secret(value)
        }

        mutating func keep(_ name: String, _ value: String) { lines.append((name, value)) }
    }

    private static func refuseIfEncrypted(_ directory: DataDirectory) throws {
        let path = directory.file(Store.databaseName)
        let isEncrypted: Bool
        do {
            isEncrypted = try EncryptedValues.exist(inDatabaseAt: path)
        } catch {
            throw SecretsError(
                code: .databaseUnreadable,
                description: "the database cannot be read to look for keys: \(error)"
            )
        }
        guard isEncrypted else { return }
        throw SecretsError(
            code: .storageKeyMissing,
            description: "the database holds encrypted credentials, but STORAGE_ENCRYPTION_KEY is not set; put the key"
                + " they were encrypted with into the environment or into \(directory.file("server.env"))"
        )
    }

    private static func persist(_ lines: [(name: String, value: String)], in directory: DataDirectory) throws {
        guard !lines.isEmpty else { return }
        let path = directory.file("server.env")
        var bytes =
            try PrivateFile.read(path) ?? Array("# Made by OmniRoute. Keep it: without it stored keys are lost.\n".utf8)
        if let last = bytes.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
        for line in lines { bytes.append(contentsOf: "\(line.name)=\(line.value)\n".utf8) }
        do {
            try PrivateFile.write(bytes, to: path)
        } catch {
            throw SecretsError(
                code: .notPersisted,
                description: "new secrets cannot be kept, so the program does not start: \(error)"
            )
        }
    }

    /// What may stand between the colons of an encrypted value.
    private static func isKeyID(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { character in
                switch character {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
