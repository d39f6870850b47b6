package import HTTPCore

/// Where the answer to one request goes; used on the request's loop only.
package protocol AnswerSink: AnyObject {
    /// Whether the client has left; what is written then goes nowhere.
    var isClientGone: Bool { get }

    /// Sends a whole answer.
    func respond(_ status: HTTPStatus, _ headers: HTTPHeaders, _ body: [UInt8])

    /// Sends the head of an answer whose body follows in pieces.
    func startStream(_ status: HTTPStatus, _ headers: HTTPHeaders)

    /// Appends a piece of the body.
    func write(_ bytes: [UInt8])

    /// Whether `waitUntilWritable` would return at once, without an error.
    var isWritable: Bool { get }

    /// Waits while more than the high-water mark is unsent.
    ///
    /// - Throws: when the client has left, or has read nothing for too long.
    func waitUntilWritable() async throws

    /// Runs the rest of a streamed answer; a sink may do so in a task of its own and return at once, so that the caller can
    /// end, and with it all that it holds.
    func handOver(_ rest: @escaping @Sendable () async -> Void) async

    /// Ends a streamed body properly, with fields behind it for clients that read such.
    func finish(_ trailers: HTTPHeaders)

    /// Ends a streamed body so that the client notices that it is cut.
    func abort()
}

extension AnswerSink {
    /// Ends a streamed body properly.
    package func finish() { finish(HTTPHeaders()) }

    package func handOver(_ rest: @escaping @Sendable () async -> Void) async {
        await rest()
    }
}
