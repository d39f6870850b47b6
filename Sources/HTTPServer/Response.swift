public import HTTPCore

/// A whole answer.
public struct Response: Sendable {
    /// An answer's body; its length is sent by the server.
    public enum Body: Sendable {
        /// Nothing.
        case none
        /// Bytes as they are sent.
        case bytes([UInt8])
        /// Text, sent as UTF-8.
        case text(String)
    }

    /// The outcome.
    public var status: HTTPStatus
    /// Fields; those that frame the message (`Content-Length`, `Transfer-Encoding`) are the server's and are ignored here.
    public var headers: HTTPHeaders
    /// The content; not sent for HEAD, 204 and 304.
    public var body: Body

    /// Creates an answer.
    public init(_ status: HTTPStatus, headers: HTTPHeaders = HTTPHeaders(), body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A JSON document.
    public static func json(_ bytes: [UInt8], status: HTTPStatus = .ok) -> Response {
        Response(status, headers: HTTPHeaders([("Content-Type", "application/json")]), body: .bytes(bytes))
    }

    /// Plain text in UTF-8.
    public static func text(_ text: String, status: HTTPStatus = .ok) -> Response {
        Response(status, headers: HTTPHeaders([("Content-Type", "text/plain; charset=utf-8")]), body: .text(text))
    }
}
