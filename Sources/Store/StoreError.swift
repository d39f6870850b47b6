package import SQLiteStore

/// Why the store did not do what was asked.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure a caller can act on.
    package enum Code: Sendable, Equatable {
        /// There is nothing with this id.
        case notFound
        /// Something of this name or for this account exists; `existingID` says which.
        case duplicate
        /// The value is not acceptable; `message` says why.
        case invalid
        /// The stored values were encrypted with another key than the configured one.
        case wrongStorageKey
        /// The database was written by a newer version of the program.
        case newerSchema
        /// The database refused; `underlying` says why.
        case database
        /// Too many passwords are being checked at this moment.
        case overloaded
    }

    package let code: Code
    package let message: String
    /// The id of what stands in the way of a duplicate.
    package let existingID: String?
    /// The failure of the database, if it was one.
    package let underlying: SQLiteError?

    package init(_ code: Code, _ message: String, existingID: String? = nil, underlying: SQLiteError? = nil) {
        (self.code, self.message, self.existingID, self.underlying) = (code, message, existingID, underlying)
    }

    package var description: String { message }
}
