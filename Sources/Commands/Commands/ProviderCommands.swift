import HTTPCore
import JSONCore

/// Serves `omniroute providers …`.
struct ProviderCommands: Sendable {
    let backend: Backend

    var all: [CommandSpec] {
        [
            CommandSpec(
                "providers add",
                "connect a provider account",
                details: """
                    The key is read from --key-env, from --key-stdin, or asked for. It is not taken from the command line,
                    where other users of the machine could read it.
                    """,
                operands: [OperandSpec("provider", "id or alias of the provider, or id of a custom node")],
                options: [
                    OptionSpec("name", value: "text", "name of the connection (default: the provider's id)"),
                    OptionSpec("key-env", value: "variable", "read the key from this environment variable"),
                    OptionSpec("key-stdin", "read the key from standard input"),
                    OptionSpec("no-key", "the provider needs no key"),
                    OptionSpec("base-url", value: "url", "use this base URL instead of the provider's own"),
                    OptionSpec("allow-private", "allow a base URL on this machine or a private network"),
                    OptionSpec("priority", value: "number", "1 is tried first"),
                    .json,
                ],
                action: add
            ),
            CommandSpec("providers list", "list the connected accounts", options: [.json], action: list),
            CommandSpec(
                "providers test",
                "try an account, or all of them",
                operands: [OperandSpec("id", "id or name of the connection", .optional)],
                options: [.json],
                action: test
            ),
        ]
    }

    private func add(_ arguments: ParsedArguments, _ terminal: Terminal) async throws -> ExitCode {
        let provider = arguments.operand("provider") ?? ""
        let priority = try arguments.number("priority", in: 1...100)
        let key = try readKey(arguments, terminal)
        return try await backend.use(arguments, terminal) { client in
            var body = JSONWriter()
            body.beginObject()
            body.member("provider", provider)
            body.member("name", arguments.value("name") ?? provider)
            if let key { body.member("apiKey", key) }
            if let priority { body.member("priority", priority) }
            if arguments.has("base-url") || arguments.has("allow-private") {
                body.key("providerSpecificData")
                body.beginObject()
                if let url = arguments.value("base-url") { body.member("baseUrl", url) }
                if arguments.has("allow-private") { body.member("allowPrivateNetwork", true) }
                body.endObject()
            }
            body.endObject()
            let answer = try client.send("POST", "/api/providers", body: body.bytes).require()
            guard let connection = answer.root["connection"] else {
                throw CommandError(.unavailable, "The server's answer has no connection")
            }
            if arguments.has("json") {
                terminal.print(Listing.json(connection))
            } else {
                let id = connection["id"]?.string ?? ""
                terminal.print("Added \(connection["name"]?.string ?? provider) (\(id)).\n")
                terminal.print("Try it: omniroute providers test \(id)\n")
            }
            return .success
        }
    }

    private func readKey(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandError) -> String? {
        if arguments.has("no-key") { return nil }
        if let variable = arguments.value("key-env") {
            guard let key = terminal.environment[variable], !key.isEmpty else {
                throw CommandError(.usage, "The environment variable \(variable) is empty")
            }
            return key
        }
        guard arguments.has("key-stdin") || terminal.isInteractive else {
            throw CommandError(.usage, "No key is given", hint: "Use --key-env, --key-stdin or --no-key.")
        }
        guard let key = terminal.readSecret("API key: "), !key.isEmpty else {
            throw CommandError(.usage, "No key is given", hint: "Use --no-key for providers that need none.")
        }
        return key
    }

    private func list(_ arguments: ParsedArguments, _ terminal: Terminal) async throws -> ExitCode {
        try await backend.use(arguments, terminal) { client in
            let connections = try connections(client)
            if arguments.has("json") {
                terminal.print(Listing.json(connections))
                return .success
            }
            let rows = connections.elements.map { connection in
                [
                    connection["id"]?.string ?? "", connection["provider"]?.string ?? "",
                    connection["name"]?.string ?? "", connection["apiKey"]?.string ?? "-",
                    connection["priority"]?.int.map(String.init) ?? "",
                    connection["isActive"]?.bool == false ? "off" : connection["testStatus"]?.string ?? "untested",
                ]
            }
            terminal.print(Listing.table(["ID", "PROVIDER", "NAME", "KEY", "PRIORITY", "STATE"], rows))
            return .success
        }
    }

    private func connections(_ client: SocketClient) throws(CommandError) -> JSONValue {
        let answer = try client.send("GET", "/api/providers").require()
        guard let connections = answer.root["connections"] else {
            throw CommandError(.unavailable, "The server's answer has no connections")
        }
        return connections
    }

    private func test(_ arguments: ParsedArguments, _ terminal: Terminal) async throws -> ExitCode {
        try await backend.use(arguments, terminal) { client in
            let wanted = arguments.operand("id")
            let matches = try connections(client).elements.filter { connection in
                wanted == nil || connection["id"]?.string == wanted || connection["name"]?.string == wanted
            }
            guard !matches.isEmpty else {
                throw CommandError(
                    .failure,
                    wanted.map { "There is no connection '\($0)'" } ?? "No provider is connected"
                )
            }
            var results: [JSONDocument] = []
            var isEveryOneValid = true
            for connection in matches {
                let id = connection["id"]?.string ?? ""
                let result = try client.send("POST", "/api/providers/\(Percent.encode(id))/test").require()
                let isValid = result.root["valid"]?.bool == true
                isEveryOneValid = isEveryOneValid && isValid
                results.append(result)
                guard !arguments.has("json") else { continue }
                let name = "\(connection["provider"]?.string ?? "")/\(connection["name"]?.string ?? id)"
                let latency = result.root["latencyMs"]?.int ?? 0
                terminal.print(
                    isValid
                        ? "ok      \(name)  \(latency) ms\n"
                        : "failed  \(name)  \(result.root["error"]?.string ?? "no reason given")\n"
                )
            }
            if arguments.has("json") {
                let items = results.map { String(decoding: $0.root.raw, as: UTF8.self) }
                terminal.print("[\(items.joined(separator: ","))]\n")
            }
            return isEveryOneValid ? .success : .failure
        }
    }
}
