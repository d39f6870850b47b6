import JSONCore
package import Providers

/// Offers what a newcomer already has: keys in the environment, model servers on this machine.
///
/// Nothing is taken over without a yes.
package struct Discovery: Sendable {
    /// Something that can become a connection.
    package enum Find: Sendable, Hashable {
        case key(FoundKey)
        case server(FoundServer)

        package var provider: String {
            switch self {
            case .key(let key): key.provider
            case .server(let server): server.provider
            }
        }

        /// How it is shown to the user.
        package var description: String {
            switch self {
            case .key(let key): "\(key.providerName): key in \(key.variable)"
            case .server(let server):
                "\(server.name) on port \(server.port)" + (server.models > 0 ? " (\(server.models) models)" : "")
            }
        }
    }

    /// Looks for both kinds; skips providers that are connected already.
    package static func look(
        environment: [String: String],
        catalogue: Catalogue,
        connected: Set<String>,
        candidates: [LocalServers.Candidate] = LocalServers.usual
    ) -> [Find] {
        let keys = EnvironmentKeys.find(in: environment, catalogue: catalogue).map(Find.key)
        let servers = LocalServers.find(candidates.filter { catalogue.provider($0.provider) != nil }).map(Find.server)
        return (keys + servers).filter { !connected.contains($0.provider) }
    }

    /// The finds to add: all with `--import-env`, those agreed to on a terminal, none otherwise.
    package static func choose(_ finds: [Find], importsAll: Bool, terminal: Terminal) -> [Find] {
        guard !finds.isEmpty else { return [] }
        if importsAll { return finds }
        terminal.print("Found on this machine:\n")
        for find in finds { terminal.print("  \(find.description)\n") }
        guard terminal.isInteractive else {
            terminal.print("Start with --import-env to connect them.\n")
            return []
        }
        return finds.filter { terminal.confirms("Connect \($0.description)?") }
    }

    /// The body of `POST /api/providers` that adds a find.
    package static func body(for find: Find, environment: [String: String]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("provider", find.provider)
        switch find {
        case .key(let key):
            writer.member("name", "\(key.variable)")
            writer.member("apiKey", environment[key.variable] ?? "")
        case .server(let server):
            writer.member("name", server.name)
            writer.key("providerSpecificData")
            writer.beginObject()
            writer.member("baseUrl", server.baseURL)
            writer.member("allowPrivateNetwork", true)
            writer.endObject()
        }
        writer.endObject()
        return writer.bytes
    }
}
