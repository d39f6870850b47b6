public import HTTPCore

/// One request to an upstream.
public struct ClientRequest: Sendable {
    /// Which HTTP version is offered.
    public enum HTTPVersionPreference: Sendable {
        /// HTTP/2 over TLS where the server offers it, else HTTP/1.1.
        case automatic
        /// HTTP/1.1 only.
        case http1
    }

    /// Which content codings are asked for; whatever comes is decoded.
    public enum Compression: Sendable {
        /// `Accept-Encoding` is not sent: best for event streams, which a coder would hold back.
        case none
        /// gzip, deflate and Brotli.
        case any
    }

    /// Method.
    public var method: HTTPMethod
    /// Absolute `http:` or `https:` URL in ASCII, without user information and fragment.
    public var url: String
    /// Fields to send.
    ///
    /// Those that frame the message or belong to one hop (`Host`, `Content-Length`, `Connection`, …) are
    /// left out: they are the client's business.
    public var headers: HTTPHeaders
    /// Content, sent from this memory; nil for none.
    public var body: [UInt8]?
    /// Whose connection may be used, such as an account's id.
    ///
    /// Connections are never shared between different keys.
    public var pool: String
    /// Proxy; nil for a direct connection, whatever the environment says.
    public var proxy: ProxyURL?
    /// How long to wait for what.
    public var timeouts = Timeouts()
    /// How much to accept.
    public var limits = TransferLimits()
    /// Which addresses may be connected to.
    public var egress: EgressPolicy
    /// Which HTTP version is offered.
    public var httpVersionPreference = HTTPVersionPreference.automatic
    /// Which content codings are asked for, unless `headers` say so.
    public var compression = Compression.none

    /// Creates a request; what is not named here has the defaults above.
    public init(
        method: HTTPMethod = .get,
        url: String,
        headers: HTTPHeaders = HTTPHeaders(),
        body: [UInt8]? = nil,
        pool: String,
        proxy: ProxyURL? = nil,
        egress: EgressPolicy
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.pool = pool
        self.proxy = proxy
        self.egress = egress
    }
}

/// How long a transfer may take in each of its phases.
public struct Timeouts: Sendable {
    /// From the start until the request can be sent: name, TCP, proxy and TLS.
    public var connect: Duration
    /// From then until the final response's header is complete.
    public var firstByte: Duration
    /// The longest gap between bytes of the response's content; time in which the reader holds the transfer up is not counted.
    public var idle: Duration
    /// From the start until the end; nil for no limit, as streams want it.
    public var total: Duration?

    /// Takes the values of the specification unless told otherwise.
    public init(
        connect: Duration = .seconds(30),
        firstByte: Duration = .seconds(600),
        idle: Duration = .seconds(600),
        total: Duration? = nil
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.idle = idle
        self.total = total
    }
}

/// How much a response may hold.
public struct TransferLimits: Sendable {
    /// Bytes of all headers together, also of interim responses and trailers.
    public var headerBytes: Int
    /// Fields of all headers together.
    public var headerCount: Int
    /// Bytes of content after decoding; `Int.max` for streams that are read piece by piece.
    public var bodyBytes: Int
    /// How many times larger than received content may become by decoding, once it exceeds 1 MiB.
    public var ratio: Int

    /// Takes the values of the specification unless told otherwise.
    public init(headerBytes: Int = 64 << 10, headerCount: Int = 200, bodyBytes: Int = 64 << 20, ratio: Int = 100) {
        self.headerBytes = headerBytes
        self.headerCount = headerCount
        self.bodyBytes = bodyBytes
        self.ratio = ratio
    }

    /// The content is read piece by piece for as long as it lasts.
    var isForStreams: Bool { bodyBytes == .max }

    /// Decoded bytes below which the ratio is not looked at.
    static let ratioFloor = 1 << 20
}
