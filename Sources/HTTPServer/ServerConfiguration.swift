private import Glibc
public import HTTPCore
public import TimeCore

/// Where a server listens.
public enum ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// A TCP port; 0 lets the kernel choose, and later addresses of the list with port 0 get the same one.
    case ip(IPAddress, port: Int)
    /// A UNIX socket; a stale one is replaced.
    case unix(path: String)

    /// As it is written in a URL's authority.
    public var description: String {
        switch self {
        case .ip(let address, let port): address.isV4 ? "\(address):\(port)" : "[\(address)]:\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// What a server listens on and what it puts up with; the defaults are the product's limits.
///
/// Copies share the `ledger`, so that the servers of several loops count their connections together.
public struct ServerConfiguration: Sendable {
    /// Where to listen.
    public var addresses: [ListenAddress]
    /// Lets the servers of several loops share their TCP ports (`SO_REUSEPORT`).
    ///
    /// All of them must be created before one is started: a port that somebody listens on already is refused.
    public var reusePort = false
    /// Connections that the kernel may hold before they are accepted.
    public var backlog = 1024
    /// The `Server` header; nil sends none.
    public var serverName: String?
    /// Where request bodies above the threshold go, as files without a name.
    public var spoolDirectory = "/tmp"
    /// Bodies above this go to a file.
    public var spoolThreshold = 1 << 20

    /// What the bodies that are being read may take of memory together; above it, they go to files at once.
    public var bodyMemoryLimit = 256 << 20

    /// Beginnings of paths behind which an encoded slash is a slash; everywhere else it is refused.
    public var encodedSlashesBelow: [String] = []

    /// Request line, without its line end; above it: 414.
    public var requestLineLimit = 8 << 10
    /// All header lines with their line ends; above it: 431.
    public var headerBlockLimit = 32 << 10
    /// One header line without its line end; above it: 431.
    public var headerFieldLimit = 16 << 10
    /// Number of header lines; above it: 431.
    public var headerCountLimit = 100
    /// Trailer lines with their line ends; above it: 400.
    public var trailerBlockLimit = 4 << 10
    /// Number of trailer lines; above it: 400.
    public var trailerCountLimit = 16
    /// One chunk-size line without its line end; above it: 400.
    public var chunkLineLimit = 256
    /// Chunk extensions and padding of one body; above it: 400.
    public var chunkExtensionLimit = 4 << 10

    /// From a head's first byte to its last; above it: 408.
    public var headerTimeout = Duration.seconds(10)
    /// Between two reads of a body; above it: 408.
    public var bodyGapTimeout = Duration.seconds(30)
    /// A whole body; above it: 408.
    public var bodyTimeout = Duration.seconds(300)
    /// Least bytes per second of a body after the grace; below it: 408.
    public var minimumBodyRate = 1024
    /// How long a body may be slower.
    public var minimumBodyRateGrace = Duration.seconds(10)
    /// Between two requests of a connection; then it is closed.
    public var keepAliveIdle = Duration.seconds(65)
    /// Requests of one connection; the last is answered with `Connection: close`.
    public var requestsPerConnection = 10_000
    /// Unsent bytes above which `Exchange.waitUntilWritable` waits.
    public var streamHighWaterMark = 256 << 10
    /// Unsent bytes of one stream at which it is given up, because its handler does not wait.
    public var streamHardLimit = 64 << 20
    /// How long a client may take nothing of what waits for it; then the connection is closed.
    public var stallTimeout = Duration.seconds(60)
    /// How long input is read and thrown away after a refusal, so that the client gets to read it.
    public var lingerTimeout = Duration.seconds(5)

    /// Counts connections, in total and per address.
    public var ledger: ConnectionLedger
    /// The clock of the `Date` header.
    public var time: any TimeSource = SystemTime()

    /// The default limits on the given addresses.
    public init(addresses: [ListenAddress]) {
        self.addresses = addresses
        ledger = ConnectionLedger(maximum: Self.defaultMaximumConnections, maximumPerAddress: 512)
    }

    /// 10,000, or what the descriptor limit allows with 512 kept back for files and upstreams.
    public static var defaultMaximumConnections: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 10_000 }
        return max(16, min(10_000, Int(clamping: limit.rlim_cur) - 512))
    }
}
