/// A system call of the loop failed.
public struct EventLoopError: Error, Sendable, CustomStringConvertible {
    /// The call that failed.
    public let operation: StaticString
    /// Its `errno`.
    public let number: Int32

    /// Creates an error for the call and the `errno` it left.
    public init(operation: StaticString, number: Int32) {
        self.operation = operation
        self.number = number
    }

    /// The call and its error number.
    public var description: String { "\(operation) failed with errno \(number)" }
}
