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
            try signals?.start(on: loop) { _ in core.stopRequest.ask() }
        }.value
        let connections = try await connectFinds(options, terminal, core)
        // The last word before the doors open: whoever gets an answer can already read it.
        terminal.print(report(core, port: server.port, connections: connections).text)
        try await server.open()
        await core.stopRequest.asked()
        core.log.info("stopping")
        await Task(executorPreference: loop) { signals?.stop(on: loop) }.value
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

    /// Offers provider keys and local servers that were found; returns how many accounts can be used afterwards.
    private static func connectFinds(
        _ options: ServeOptions,
        _ terminal: Terminal,
        _ core: ServerCore
    ) async throws -> Int {
        let connections = core.store.configuration.connections
        let isFirstStart = connections.isEmpty
        guard !options.skipsDiscovery, isFirstStart || options.importsFound else {
            return connections.count { $0.isActive }
        }
        let finds = Discovery.look(
            environment: core.environment,
            catalogue: core.catalogue,
            connected: Set(connections.map(\.provider))
        )
        let client = SocketClient(directory: core.directory.path)
        for find in Discovery.choose(finds, importsAll: options.importsFound, terminal: terminal) {
            let answer = try client.send(
                "POST",
                "/api/providers",
                body: Discovery.body(for: find, environment: core.environment)
            )
            _ = try answer.require()
            terminal.print("Connected \(find.description)\n")
        }
        return core.store.configuration.connections.count { $0.isActive }
    }

    private static func report(_ core: ServerCore, port: Int, connections: Int) -> StartupReport {
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
            connections: connections,
            keys: configuration.keys.count,
            exampleModel: "demo/echo"
        )
    }
}
