private import Glibc

/// The server could not listen.
public struct ServerError: Error, Sendable, CustomStringConvertible {
    /// The call that failed.
    public let operation: StaticString
    /// Where the server was to listen.
    public let address: String
    /// The call's `errno`.
    public let number: Int32

    init(_ operation: StaticString, _ address: String, number: Int32) {
        self.operation = operation
        self.address = address
        self.number = number
    }

    /// Whether another process, or another server of this one, listens there.
    public var isAddressInUse: Bool { number == EADDRINUSE }

    /// What went wrong and where.
    public var description: String {
        switch number {
        case EADDRINUSE: "cannot listen on \(address): the address is in use"
        case EADDRNOTAVAIL: "cannot listen on \(address): this machine does not have that address"
        case EACCES: "cannot listen on \(address): permission denied"
        default: "cannot listen on \(address): \(operation) failed, \(String(cString: strerror(number)))"
        }
    }
}

/// The client has left: nobody reads the answer.
public struct ClientGone: Error, Sendable {
    /// The client has left.
    public init() {}
}

/// Why a request is refused before its handler sees it.
struct Refusal: Error {
    var status: Int
    var reason: String

    static func badRequest(_ reason: String) -> Refusal { Refusal(status: 400, reason: reason) }
}
