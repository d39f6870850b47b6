import Dialects
import Gateway
import Glibc
import HTTPCore
import LogCore

/// Everything the operator decides at start-up, read from the documented environment variables and the command line.
struct ServerSettings: Sendable {
    /// Where the server listens; loopback, IPv4 and IPv6, unless told otherwise.
    var addresses: [IPAddress]
    /// 0 lets the system choose.
    var port: Int
    /// Event loops, one thread each.
    var workers: Int
    var logLevel: LogLevel
    var logFormat: Logger.Format
    /// How long running requests may go on after a stop was asked for.
    var shutdownTimeout: Duration
    var gateway: GatewaySettings

    /// A setting that cannot be used; the program ends with exit code 78.
    struct Invalid: Error, CustomStringConvertible {
        let description: String
    }

    /// Reads the environment; empty values count as unset.
    init(environment: [String: String], options: ServeOptions) throws(Invalid) {
        let reader = EnvironmentReader(environment)
        addresses = try Self.addresses(reader)
        let ports = 0...65_535
        let apiPort = try reader.integer("API_PORT", in: ports)
        let port = try reader.integer("PORT", in: ports)
        self.port = apiPort ?? port ?? 20_128
        workers = try reader.integer("OMNIROUTE_WORKERS", in: 1...256) ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        logLevel = try reader.parsed("LOG_LEVEL", "trace, debug, info, warn or error", Self.level) ?? .info
        logFormat = try reader.parsed("LOG_FORMAT", "text or json", Self.logFormat) ?? .text
        shutdownTimeout = try reader.milliseconds("SHUTDOWN_TIMEOUT_MS") ?? .seconds(30)
        gateway = GatewaySettings()
        if let time = try reader.milliseconds("SSE_HEARTBEAT_INTERVAL_MS") {
            gateway.heartbeat = time > .zero ? time : nil
        }
        gateway.streamContinuation =
            try reader.parsed("STREAM_CONTINUATION", "never, text or text+tools", StreamContinuation.init)
            ?? gateway.streamContinuation
        gateway.toolCallGuard =
            try reader.parsed("TOOL_CALL_GUARD", "off, observe or repair", ToolCallPolicy.init)
            ?? gateway.toolCallGuard
        let modes = "persistent, memory or off"
        if let mode = try reader.parsed("OMNIROUTE_REASONING_MEMORY", modes, ReasoningMemoryMode.init(rawValue:)) {
            gateway.reasoningMemory = mode
        }
        if let hours = try reader.integer("OMNIROUTE_REASONING_MEMORY_HOURS", in: 1...168) {
            gateway.reasoningLifetime = .seconds(3_600 * hours)
        }
        try apply(options)
    }

    /// The command line wins over the environment.
    private mutating func apply(_ options: ServeOptions) throws(Invalid) {
        if !options.hosts.isEmpty { addresses = try Self.addresses(named: options.hosts.joined(separator: ",")) }
        if let port = options.port { self.port = port }
        if let workers = options.workers { self.workers = workers }
        if let name = options.logLevel {
            guard let level = LogLevel(name: name) else { throw Invalid(description: "unknown log level \"\(name)\"") }
            logLevel = level
        }
        if options.logsJSON { logFormat = .json }
    }

    private static func level(named name: String) -> LogLevel? { LogLevel(name: name) }

    private static func logFormat(named name: String) -> Logger.Format? {
        switch name {
        case "text": .text
        case "json": .json
        default: nil
        }
    }

    /// `HOST` or `API_HOST`: addresses separated by commas.
    ///
    /// `HOSTNAME` counts only when it is an address or `localhost`, because shells set it to the machine's name.
    private static func addresses(_ reader: EnvironmentReader) throws(Invalid) -> [IPAddress] {
        if let host = reader.text("API_HOST") ?? reader.text("HOST") { return try addresses(named: host) }
        if let host = reader.text("HOSTNAME"), let found = try? addresses(named: host) { return found }
        return try addresses(named: "localhost")
    }

    /// Reads addresses separated by commas; `localhost` is loopback in both families, `*` is every address.
    static func addresses(named text: String) throws(Invalid) -> [IPAddress] {
        var addresses: [IPAddress] = []
        for part in text.split(separator: ",") {
            let name = part.trimmingSpaces
            let literals = name == "localhost" ? ["127.0.0.1", "::1"] : [name == "*" ? "0.0.0.0" : String(name)]
            for literal in literals {
                guard let address = IPAddress(literal) else {
                    throw Invalid(description: "HOST must be an IP address or localhost, not \"\(name)\"")
                }
                addresses.append(address)
            }
        }
        guard !addresses.isEmpty else { throw Invalid(description: "HOST names no address") }
        return addresses
    }
}

/// Reads typed values of environment variables.
struct EnvironmentReader {
    private let environment: [String: String]

    init(_ environment: [String: String]) {
        self.environment = environment
    }

    func text(_ name: String) -> String? {
        guard let value = environment[name]?.trimmingSpaces, !value.isEmpty else { return nil }
        return String(value)
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(ServerSettings.Invalid) -> Int? {
        try parsed(name, "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func milliseconds(_ name: String) throws(ServerSettings.Invalid) -> Duration? {
        try integer(name, in: 0...86_400_000).map { .milliseconds($0) }
    }

    func parsed<Value>(
        _ name: String,
        _ expected: String,
        _ read: (String) -> Value?
    ) throws(ServerSettings.Invalid) -> Value? {
        guard let text = text(name) else { return nil }
        guard let value = read(text) else {
            throw ServerSettings.Invalid(description: "\(name) must be \(expected), not \"\(text)\"")
        }
        return value
    }
}

extension StringProtocol {
    fileprivate var trimmingSpaces: String {
        var text = Substring(self)
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}
