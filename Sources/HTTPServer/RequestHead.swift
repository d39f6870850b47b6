public import HTTPCore

/// The versions of HTTP that are spoken.
public enum HTTPVersion: Sendable, Hashable {
    /// Connections end with the answer unless the client asks otherwise; no chunked coding.
    case http10
    /// Connections stay open unless one side says otherwise.
    case http11
}

/// Everything of a request but its body.
///
/// An object, because the server, the handler and its helpers all hold it: a value would be copied, field by field, at each
/// hand-over.
public final class RequestHead: Sendable {
    /// What is to be done.
    public let method: HTTPMethod
    /// With what.
    public let target: RequestTarget
    /// How the client speaks.
    public let version: HTTPVersion
    /// Fields in the order received.
    public let headers: HTTPHeaders
    /// The other end of the socket.
    public let peer: PeerAddress
    /// Whether the connection is encrypted.
    public let isSecure: Bool
    /// The declared size of the body; nil if there is none or it comes in chunks.
    public let contentLength: Int?
    /// Whether the body comes in chunks.
    public let isChunked: Bool
    /// Room for what the handler found out about heads of this kind; nil for one that is not expected again.
    public let memory: HeadMemory?

    /// Creates a head, as tests and in-process callers do.
    public init(
        method: HTTPMethod,
        target: RequestTarget,
        version: HTTPVersion = .http11,
        headers: HTTPHeaders = HTTPHeaders(),
        peer: PeerAddress,
        isSecure: Bool = false,
        contentLength: Int? = nil,
        isChunked: Bool = false,
        memory: HeadMemory? = nil
    ) {
        self.method = method
        self.target = target
        self.version = version
        self.headers = headers
        self.peer = peer
        self.isSecure = isSecure
        self.contentLength = contentLength
        self.isChunked = isChunked
        self.memory = memory
    }

    /// The same head with other fields.
    public func replacing(headers: HTTPHeaders) -> RequestHead {
        replacing(headers: headers, contentLength: contentLength, memory: nil)
    }

    /// The same head with other fields and another length.
    func replacing(headers: HTTPHeaders, contentLength: Int?, memory: HeadMemory?) -> RequestHead {
        RequestHead(
            method: method,
            target: target,
            version: version,
            headers: headers,
            peer: peer,
            isSecure: isSecure,
            contentLength: contentLength,
            isChunked: isChunked,
            memory: memory
        )
    }

    /// Whether a body follows, even an empty chunked one.
    public var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }
}

/// Shared by heads that are the same but for the length of their bodies, as most heads of a connection are.
///
/// `@unchecked Sendable`: it belongs to the thread of the connection's loop.
public final class HeadMemory: @unchecked Sendable {
    /// What the handler wants to know again when such a head comes; it may depend on anything in the head but the length.
    public var note: (any AnyObject & Sendable)?
}

/// A request whose body has arrived.
public struct Request: Sendable {
    /// Everything but the body.
    public var head: RequestHead
    /// The whole body.
    public var body: RequestBody
    /// What the handler noted when it admitted the request.
    public var note: (any AnyObject & Sendable)?

    /// Creates a request, as tests and in-process callers do.
    public init(head: RequestHead, body: RequestBody = .empty, note: (any AnyObject & Sendable)? = nil) {
        self.head = head
        self.body = body
        self.note = note
    }
}
