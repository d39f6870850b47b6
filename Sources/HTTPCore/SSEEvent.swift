/// One server-sent event, or a comment, which only shows that the other end is alive.
public struct SSEEvent: Sendable, Equatable {
    /// The `event:` field, if there was one.
    public var name: String?

    /// The `data:` lines joined with LF, or the text of a comment, as they came: nothing has checked that they are UTF-8.
    public var data: [UInt8]

    /// Whether this is a comment line.
    public var isComment: Bool

    /// Creates an event.
    public init(name: String? = nil, data: [UInt8], isComment: Bool = false) {
        self.name = name
        self.data = data
        self.isComment = isComment
    }
}

/// A stream that is too large to be read on.
public struct SSEError: Error, Sendable, Equatable {
    /// What was too large.
    public enum Code: Sendable {
        /// A single line.
        case lineTooLong
        /// The data of one event, over all its lines.
        case eventTooLarge
    }

    /// What was too large.
    public let code: Code

    /// How many bytes it may have.
    public let limit: Int

    /// Creates an error.
    public init(code: Code, limit: Int) {
        self.code = code
        self.limit = limit
    }
}

extension SSEError: CustomStringConvertible {
    /// What was too large, and the limit.
    public var description: String {
        switch code {
        case .lineTooLong: "a line of the event stream is longer than \(limit) bytes"
        case .eventTooLarge: "an event of the stream is larger than \(limit) bytes"
        }
    }
}
