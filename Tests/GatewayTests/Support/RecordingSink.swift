import Gateway
import HTTPCore

/// A client that remembers what it was sent, and what it should not have been.
///
/// `@unchecked Sendable`: used on the loop of its test only.
final class RecordingSink: AnswerSink, @unchecked Sendable {
    struct Gone: Error {}

    var isClientGone = false
    private(set) var status: Int?
    private(set) var headers = HTTPHeaders()
    private(set) var trailers = HTTPHeaders()
    /// The pieces of the body, as they were written.
    private(set) var pieces: [String] = []
    private(set) var isStream = false
    private(set) var isFinished = false
    private(set) var isAborted = false
    /// Calls that no sink may get, such as a piece after the end.
    private(set) var misuses: [String] = []
    private(set) var waitCount = 0
    /// Called with every piece of a stream.
    var onWrite: (String) -> Void = { _ in }
    /// How long the client takes to read, or how that fails.
    var onWait: () async throws -> Void = {}

    var text: String { pieces.joined() }
    var isUntouched: Bool { status == nil && pieces.isEmpty && !isFinished && !isAborted }

    /// The `data:` of every event, in order.
    var events: [String] {
        text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("data: ") }.map { String($0.dropFirst(6)) }
    }

    func respond(_ status: HTTPStatus, _ headers: HTTPHeaders, _ body: [UInt8]) {
        if self.status != nil { misuses.append("a second answer") }
        self.status = status.rawValue
        self.headers = headers
        pieces.append(String(decoding: body, as: UTF8.self))
        isFinished = true
    }

    func startStream(_ status: HTTPStatus, _ headers: HTTPHeaders) {
        if self.status != nil { misuses.append("a second answer") }
        self.status = status.rawValue
        self.headers = headers
        isStream = true
    }

    func write(_ bytes: [UInt8]) {
        let piece = String(decoding: bytes, as: UTF8.self)
        if !isStream || isFinished || isAborted { misuses.append("a piece outside of the stream: \(piece)") }
        pieces.append(piece)
        onWrite(piece)
    }

    var isWritable: Bool { false }

    func waitUntilWritable() async throws {
        waitCount += 1
        if isClientGone { throw Gone() }
        try await onWait()
    }

    func finish(_ trailers: HTTPHeaders) {
        if isFinished || isAborted { misuses.append("a second end") }
        isFinished = true
        self.trailers = trailers
    }

    func abort() {
        if isFinished || isAborted { misuses.append("a second end") }
        isAborted = true
    }
}
