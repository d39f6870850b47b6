import EventLoop
import Gateway
import HTTPClient
import HTTPCore
import HTTPServer
import LogCore

/// The loops of a server with a listener and a client each.
final class RunningServer: Sendable {
    let core: ServerCore
    /// The TCP port, also when the system chose it; 0 without TCP listeners.
    let port: Int
    private let group: EventLoopGroup
    private let servers: [HTTPServer]

    /// Binds the addresses and starts taking connections.
    init(_ core: ServerCore, group: EventLoopGroup) async throws {
        self.core = core
        self.group = group
        var configuration = ServerConfiguration(addresses: [])
        configuration.spoolDirectory = core.directory.path
        configuration.reusePort = group.loops.count > 1
        var port = core.settings.port
        var servers: [HTTPServer] = []
        for loop in group.loops {
            configuration.addresses = core.settings.addresses.map { .ip($0, port: port) }
            if loop.index == 0 { configuration.addresses.append(.unix(path: core.directory.file(SocketClient.fileName))) }
            let server = try HTTPServer(loop: loop, configuration: configuration, handler: core.gate, log: core.log)
            if port == 0 { port = server.port }
            servers.append(server)
        }
        self.port = port
        self.servers = servers
        try group.start()
        for server in servers {
            try await Task(executorPreference: server.loop) {
                let client = try HTTPClient(loop: server.loop, configuration: ClientConfiguration(), log: core.log)
                core.gateway.attach(client, to: server.loop)
                try server.start()
            }.value
        }
    }

    /// Stops taking connections, lets running requests finish within the limit, then ends everything. Nothing that was
    /// acknowledged is lost.
    func stop() async {
        core.load.beginDraining()
        await withTaskGroup(of: Void.self) { tasks in
            for server in servers {
                tasks.addTask(executorPreference: server.loop) { await self.drain(server) }
            }
        }
        group.stopAndJoin()
        core.store.close()
    }

    private func drain(_ server: HTTPServer) async {
        let loop = server.loop
        let deadline = loop.schedule(after: core.settings.shutdownTimeout) { server.close() }
        server.stopAccepting()
        await server.drain()
        loop.cancel(deadline)
        server.close()
        core.gateway.detach(from: loop)
    }
}
