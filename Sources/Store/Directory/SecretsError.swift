/// Why the program has no secrets to work with.
package struct SecretsError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: Sendable, Equatable {
        /// The database holds encrypted values but no key to open them with is configured.
        case storageKeyMissing
        /// A generated secret could not be written down, so it would be lost at the next start.
        case notPersisted
        /// The database could not be read to see whether it holds encrypted values.
        case databaseUnreadable
    }

    package let code: Code
    package let description: String
}
