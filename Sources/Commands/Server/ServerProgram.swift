package import EventLoop
import Gate
import Glibc
import LogCore
import Providers
import Store

/// Runs the server for the command line.
package enum ServerProgram {
    /// What asks a server to stop.
    package static let stopSignals = [SIGINT, SIGTERM, SIGHUP]

    /// What the commands use to start servers.
    ///
    /// - Parameter signals: made by the main thread before there are others, because only signals that every thread
    ///   blocks become events.
    /// - Returns: what `Program.commands` asks for.
    package static func hooks(_ signals: SignalSource?) -> ProgramHooks {
        ProgramHooks(
            serve: { options, terminal in try await serve(options, terminal, signals) },
            startPrivately: { directory, terminal in try await startPrivately(directory, terminal) }
        )
    }

    private static func serve(
        _ options: ServeOptions,
        _ terminal: Terminal,
        _ signals: SignalSource?
    ) async throws -> ExitCode {
        let path = try options.dataDirectory ?? DataDirectory.location(environment: terminal.environment)
        let core = try ServerCore(options, directory: path, process: terminal.environment, isPrivate: false)
        let group = try EventLoopGroup(count: core.settings.workers)
        let server = try await RunningServer(core, group: group)
        let loop = group.loops[0]
        try await Task(executorPreference: loop) {
            // Whoever asks twice will not wait for running requests; what was acknowledged is on disk already.
            try signals?.start(on: loop) { signal in
                if !core.stopRequest.ask() { _exit(128 + signal) }
            }
        }.value
        // A person is asked when the server already works; what needs no question is connected before the doors open.
        let asks = terminal.isInteractive && !options.importsFound
        if !asks { try await connectFinds(options, terminal, core) }
        // The last word before the doors open: whoever gets an answer can already read it.
        terminal.print(report(core, port: server.port).text)
        try await server.open()
        if asks { try await connectFinds(options, terminal, core) }
        await core.stopRequest.asked()
        core.log.info("stopping")
        await server.stop()
        return .success
    }

    private static func startPrivately(
        _ directory: String,
        _ terminal: Terminal
    ) async throws -> @Sendable () async -> Void {
        let core = try ServerCore(ServeOptions(), directory: directory, process: terminal.environment, isPrivate: true)
        let server = try await RunningServer(core, group: try EventLoopGroup(count: 1))
        return { await server.stop() }
    }

    /// Offers provider keys and local servers that were found.
    private static func connectFinds(_ options: ServeOptions, _ terminal: Terminal, _ core: ServerCore) async throws {
        let connections = core.store.configuration.connections
        guard !options.skipsDiscovery, connections.isEmpty || options.importsFound else { return }
        let finds = Discovery.look(
            environment: core.environment,
            catalogue: core.catalogue,
            connected: Set(connections.map(\.provider))
        )
        let client = SocketClient(directory: core.directory.path)
        for find in Discovery.choose(finds, importsAll: options.importsFound, terminal: terminal) {
            let body = Discovery.body(for: find, environment: core.environment)
            _ = try client.send("POST", "/api/providers", body: body).require()
            terminal.print("Connected \(find.description)\n")
        }
    }

    private static func report(_ core: ServerCore, port: Int) -> StartupReport {
        var password: String?
        var passwordFile: String?
        if case .generated(let generated, let file) = core.bootstrap { (password, passwordFile) = (generated, file) }
        let configuration = core.store.configuration
        return StartupReport(
            version: Product.version,
            addresses: core.settings.addresses.map { ServerCore.url($0, port) },
            dataDirectory: core.directory.path,
            newPassword: password,
            passwordFile: passwordFile,
            needsKey: core.gate.policy.needsAPIKey(override: nil),
            isExposed: core.gate.policy.isExposed,
            connections: configuration.connections.count { $0.isActive },
            keys: configuration.keys.count,
            exampleModel: "demo/echo"
        )
    }
}
