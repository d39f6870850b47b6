public import HTTPCore

/// What is the same for every request of a client.
public struct ClientConfiguration: Sendable {
    /// File of trusted certificates (PEM); nil for the system's own.
    public var certificateBundle: String?
    /// Certificates (PEM) that are trusted besides the bundle: a company's proxy, a test's authority.
    public var additionalCertificates: [UInt8] = []
    /// Connections kept by one client, busy ones included; above it the longest idle one is closed.
    public var maximumConnections = 8192
    /// How long an idle connection may wait for its next request.
    public var idleLifetime = Duration.seconds(90)
    /// A transfer with this many unread bytes is paused.
    public var highWaterMark = 256 << 10
    /// Whether several requests share one HTTP/2 connection.
    ///
    /// Off: with libcurl 7.88 a paused stream holds up every other stream of its connection, so one slow reader would
    /// stall its neighbours. HTTP/2 is spoken either way.
    public var multiplexesRequests = false
    /// Whether requests that need neither TLS nor a proxy nor a name server are sent without libcurl.
    ///
    /// Only tests have a reason to turn it off: both ways have to mean the same.
    var connectsDirectly = true
    /// Where this program itself listens: no request may go there.
    ///
    /// An unspecified address stands for every loopback one.
    public var ownListeners: Set<PeerAddress> = []

    /// The defaults above.
    public init() {}
}
