import ClientAPI
import CryptoCore
import EventLoop
import Gate
import Gateway
import HTTPClient
import HTTPCore
import HTTPServer
import LogCore
import Management
import Providers
import Store
import TimeCore

/// A server that is put together but takes no connections yet: store, gateway, gate, and what they share.
final class ServerCore: Sendable {
    let directory: DataDirectory
    let environment: [String: String]
    let settings: ServerSettings
    let store: Store
    let catalogue: Catalogue
    let gateway: Gateway
    let gate: Gate
    let log: Logger
    let load = Load()
    let bootstrap: PasswordBootstrap
    /// Asks for an orderly stop; may be called from any thread, any number of times.
    let stopRequest: StopRequest

    /// Opens the data directory and everything in it.
    ///
    /// - Throws: `CommandError` with what is wrong and what to do about it.
    init(_ options: ServeOptions, directory path: String, process: [String: String], isPrivate: Bool) throws {
        directory = try DataDirectory.open(path)
        let sources = try Environment(process: process, directory: directory, workingDirectory: ".")
        environment = sources.all
        var settings = try ServerSettings(environment: environment, options: options)
        // A server for one command listens on the data directory's socket and nowhere else.
        if isPrivate { (settings.addresses, settings.workers, settings.logLevel) = ([], 1, .error) }
        self.settings = settings
        let time = SystemTime()
        log = Logger(level: settings.logLevel, format: settings.logFormat)
        let secrets = try Secrets.resolve(in: directory, environment: sources)
        let policy = GatePolicy(environment: environment, listeners: settings.addresses)
        let environmentKey = environment["OMNIROUTE_API_KEY"] ?? environment["ROUTER_API_KEY"]
        try ExposureRules.check(policy, secrets: secrets, environmentKey: environmentKey, log: log)
        store = try Store.open(directory, secrets: secrets, time: time, log: log)
        bootstrap = isPrivate ? .kept : try store.ensurePassword(initial: environment["INITIAL_PASSWORD"])
        catalogue = try Catalogue.load()
        gateway = Gateway(
            store: store,
            catalogue: catalogue,
            settings: settings.gateway,
            environment: environment,
            version: Product.version,
            loopCount: settings.workers,
            time: time,
            log: log
        )
        let stopRequest = StopRequest()
        self.stopRequest = stopRequest
        let context = ServerContext(
            version: Product.version,
            startedAt: time.monotonic(),
            addresses: settings.addresses.map { Self.url($0, settings.port) },
            status: { [gateway, store] in RuntimeStatus(gateway, store.configuration, at: time.wall()) },
            requestShutdown: { stopRequest.ask() }
        )
        let tokens = try SessionTokens(key: secrets.key(for: .session))
        let management = ManagementServices(
            store: store,
            catalogue: catalogue,
            probe: GatewayProbe(gateway),
            context: context,
            tokens: tokens,
            policy: policy,
            allowsKeyReveal: environment["ALLOW_API_KEY_REVEAL"].flatMap(readBool) ?? false,
            time: time,
            log: log
        )
        gate = Gate(
            routes: ClientRoutes.all(gateway) + ManagementAPI(management).routes,
            policy: policy,
            store: store,
            keys: Gate.Keys(tokens: tokens, environmentKey: environmentKey.map { SHA256.hash($0.utf8) }),
            load: load,
            time: time,
            log: log
        )
    }

    /// How clients address a listener; the address of all interfaces is shown as this machine's.
    static func url(_ address: IPAddress, _ port: Int) -> String {
        let shown =
            address.isUnspecified
            ? (address.isV4 ? "127.0.0.1" : "[::1]") : address.isV4 ? "\(address)" : "[\(address)]"
        return "http://\(shown):\(port)"
    }
}

/// What the product calls itself.
package enum Product {
    /// Semantic version; also in `CHANGELOG.md`.
    package static let version = "0.1.0"
}
