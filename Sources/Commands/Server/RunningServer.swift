import ClientAPI
import EventLoop
import Gate
import Gateway
import HTTPClient
import HTTPCore
import HTTPServer
import LogCore
import Store
import Synchronization

/// The loops of a server with a listener and a client each.
final class RunningServer: Sendable {
    let core: ServerCore
    /// The TCP port, also when the system chose it; 0 without TCP listeners.
    let port: Int
    private let group: EventLoopGroup
    private let servers: [LoopServer]
    /// Listens on the socket in the data directory, for the operator's own commands.
    private let local: LoopServer
    private let upkeep = Mutex<Task<Void, Never>?>(nil)

    private struct LoopServer: Sendable {
        let loop: EventLoop
        let server: HTTPServer
    }

    /// Binds the addresses and starts the loops; until `open()` only the operator's commands are answered.
    init(_ core: ServerCore, group: EventLoopGroup) async throws {
        self.core = core
        self.group = group
        var configuration = ServerConfiguration(addresses: [])
        configuration.spoolDirectory = core.directory.path
        configuration.reusePort = group.loops.count > 1
        // Model ids have slashes, which the SDKs encode when they ask for one model.
        configuration.encodedSlashesBelow = ClientRoutes.pathsWithModels
        var port = core.settings.port
        var servers: [LoopServer] = []
        for loop in group.loops {
            configuration.addresses = core.settings.addresses.map { .ip($0, port: port) }
            let server = try HTTPServer(loop: loop, configuration: configuration, handler: core.gate, log: core.log)
            if port == 0 { port = server.port }
            servers.append(LoopServer(loop: loop, server: server))
        }
        configuration.addresses = [.unix(path: core.directory.file(SocketClient.fileName))]
        let local = LoopServer(
            loop: group.loops[0],
            server: try HTTPServer(
                loop: group.loops[0],
                configuration: configuration,
                handler: core.gate,
                log: core.log
            )
        )
        self.port = port
        self.servers = servers
        self.local = local
        try group.start()
        let client = ClientConfiguration(ownListeners: core.settings.addresses, port: port)
        for entry in servers {
            try await Task(executorPreference: entry.loop) {
                let client = try HTTPClient(loop: entry.loop, configuration: client, log: core.log)
                core.gateway.attach(client, to: entry.loop)
            }.value
        }
        try await Task(executorPreference: local.loop) { try local.server.start() }.value
        upkeep.withLock { task in
            task = Task(executorPreference: group.loops[0]) { await self.maintain() }
        }
    }

    /// Starts taking connections from everybody.
    func open() async throws {
        for entry in servers {
            try await Task(executorPreference: entry.loop) { try entry.server.start() }.value
        }
    }

    /// Reads what requests are glad to find in memory; then looks every hour for what is due once a day: a backup, old rows, the health of the file.
    private func maintain() async {
        if !core.settings.addresses.isEmpty { await core.gateway.prepareReasoning() }
        while (try? await group.loops[0].sleep(for: .seconds(3600))) != nil {
            do {
                if let problem = try await core.store.maintain() {
                    core.log.error("the database is damaged", .string("problem", problem))
                }
            } catch {
                core.log.error("the daily maintenance failed", .string("error", "\(error)"))
            }
        }
    }

    /// Stops taking connections, lets running requests finish within the limit, then ends everything.
    ///
    /// Nothing that was acknowledged is lost.
    func stop() async {
        core.load.beginDraining()
        upkeep.withLock { $0?.cancel() }
        await withTaskGroup(of: Void.self) { tasks in
            for entry in servers + [local] {
                tasks.addTask(executorPreference: entry.loop) { await self.drain(entry) }
            }
        }
        for entry in servers {
            await Task(executorPreference: entry.loop) { self.core.gateway.detach(from: entry.loop) }.value
        }
        group.stopAndJoin()
        core.store.close()
    }

    private func drain(_ entry: LoopServer) async {
        let server = entry.server
        let deadline = entry.loop.schedule(after: core.settings.shutdownTimeout) { server.close() }
        server.stopAccepting()
        await server.drain()
        entry.loop.cancel(deadline)
        server.close()
    }
}

extension ClientConfiguration {
    /// The usual configuration; requests to the server itself are refused, because they could go in circles.
    fileprivate init(ownListeners addresses: [IPAddress], port: Int) {
        self.init()
        ownListeners = Set(addresses.map { PeerAddress.ip($0, port: port) })
    }
}
