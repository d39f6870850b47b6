public import HTTPCore

/// The versions of HTTP that are spoken.
public enum HTTPVersion: Sendable, Hashable {
    /// Connections end with the answer unless the client asks otherwise; no chunked coding.
    case http10
    /// Connections stay open unless one side says otherwise.
    case http11
}

/// Everything of a request but its body.
public struct RequestHead: Sendable {
    /// What is to be done.
    public var method: HTTPMethod
    /// With what.
    public var target: RequestTarget
    /// How the client speaks.
    public var version: HTTPVersion
    /// Fields in the order received.
    public var headers: HTTPHeaders
    /// The other end of the socket.
    public var peer: PeerAddress
    /// Whether the connection is encrypted.
    public var isSecure = false
    /// The declared size of the body; nil if there is none or it comes in chunks.
    public var contentLength: Int?
    /// Whether the body comes in chunks.
    public var isChunked = false
    /// What the handler noted when it admitted the request.
    public var note: (any Sendable)?

    /// Creates a head, as tests and in-process callers do.
    public init(
        method: HTTPMethod,
        target: RequestTarget,
        version: HTTPVersion = .http11,
        headers: HTTPHeaders = HTTPHeaders(),
        peer: PeerAddress,
        contentLength: Int? = nil
    ) {
        self.method = method
        self.target = target
        self.version = version
        self.headers = headers
        self.peer = peer
        self.contentLength = contentLength
    }

    /// Whether a body follows, even an empty chunked one.
    public var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }
}

/// A request whose body has arrived.
public struct Request: Sendable {
    /// Everything but the body.
    public var head: RequestHead
    /// The whole body.
    public var body: RequestBody

    /// Creates a request, as tests and in-process callers do.
    public init(head: RequestHead, body: RequestBody = .empty) {
        self.head = head
        self.body = body
    }
}
