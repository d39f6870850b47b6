import HTTPCore
import JSONCore

/// Serves `omniroute combos …`.
struct ComboCommands: Sendable {
    let backend: Backend

    var all: [CommandSpec] {
        [
            CommandSpec("combos list", "list the combos", options: [.json], action: list),
            CommandSpec(
                "combos create",
                "create a combo: a name for several models, tried in turn",
                operands: [
                    OperandSpec("name", "name of the combo, used like a model"),
                    OperandSpec("model", "models or other combos, first choice first", .oneOrMore),
                ],
                options: [OptionSpec("strategy", value: "word", "how to choose (default: priority)"), .json],
                action: create
            ),
            CommandSpec(
                "combos delete",
                "delete a combo",
                operands: [OperandSpec("name", "name or id of the combo")],
                action: delete
            ),
        ]
    }

    private func list(_ arguments: ParsedArguments, _ terminal: Terminal) async throws -> ExitCode {
        try await backend.use(arguments, terminal) { client in
            let combos = try combos(client)
            if arguments.has("json") {
                terminal.print(Listing.json(combos))
                return .success
            }
            let rows = combos.elements.map { combo in
                let steps =
                    combo["models"]?.elements.compactMap { $0["model"]?.string ?? $0["comboName"]?.string } ?? []
                return [combo["name"]?.string ?? "", combo["strategy"]?.string ?? "", steps.joined(separator: ", ")]
            }
            terminal.print(Listing.table(["NAME", "STRATEGY", "MODELS"], rows))
            return .success
        }
    }

    private func combos(_ client: SocketClient) throws(CommandError) -> JSONValue {
        let answer = try client.send("GET", "/api/combos").require()
        guard let combos = answer.root["combos"] else {
            throw CommandError(.unavailable, "The server's answer has no combos")
        }
        return combos
    }

    private func create(_ arguments: ParsedArguments, _ terminal: Terminal) async throws -> ExitCode {
        try await backend.use(arguments, terminal) { client in
            var body = JSONWriter()
            body.beginObject()
            body.member("name", arguments.operand("name") ?? "")
            body.member("strategy", arguments.value("strategy") ?? "priority")
            body.list("models", arguments.operandList("model"))
            body.endObject()
            let combo = try client.send("POST", "/api/combos", body: body.bytes).require()
            terminal.print(
                arguments.has("json") ? Listing.json(combo.root) : "Created \(combo.root["name"]?.string ?? "").\n"
            )
            return .success
        }
    }

    private func delete(_ arguments: ParsedArguments, _ terminal: Terminal) async throws -> ExitCode {
        try await backend.use(arguments, terminal) { client in
            let wanted = arguments.operand("name") ?? ""
            let match = try combos(client).elements.first { $0["name"]?.string == wanted || $0["id"]?.string == wanted }
            guard let id = match?["id"]?.string else { throw CommandError(.failure, "There is no combo '\(wanted)'") }
            _ = try client.send("DELETE", "/api/combos/\(Percent.encode(id))").require()
            terminal.print("Deleted \(wanted).\n")
            return .success
        }
    }
}
