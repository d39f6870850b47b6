import HTTPCore
import JSONCore

/// Serves `omniroute keys …`.
struct KeyCommands: Sendable {
    let backend: Backend

    var all: [CommandSpec] {
        [
            CommandSpec(
                "keys create",
                "create an API key and show it once",
                operands: [OperandSpec("name", "what the key is for")],
                options: [
                    OptionSpec(
                        "scope",
                        value: "scope",
                        "give the key a scope, for example 'manage'",
                        isRepeatable: true
                    ),
                    OptionSpec("expires", value: "time", "ISO-8601 time after which the key is refused"),
                    OptionSpec("model", value: "pattern", "allow only models like this one", isRepeatable: true),
                    .json,
                ],
                action: create
            ),
            CommandSpec("keys list", "list the API keys", options: [.json], action: list),
            CommandSpec(
                "keys revoke",
                "delete an API key; it stops working at once",
                operands: [OperandSpec("id", "id or name of the key")],
                action: revoke
            ),
        ]
    }

    private func create(_ arguments: ParsedArguments, _ terminal: Terminal) async throws -> ExitCode {
        try await backend.use(arguments, terminal) { client in
            var body = JSONWriter()
            body.beginObject()
            body.member("name", arguments.operand("name") ?? "")
            body.list("scopes", arguments.all("scope"))
            body.endObject()
            let created = try client.send("POST", "/api/keys", body: body.bytes).require()
            let id = created.root["id"]?.string ?? ""
            if arguments.has("expires") || arguments.has("model") {
                do {
                    try restrict(id, arguments, client)
                } catch {
                    // A key without the restrictions that were asked for must not stay behind.
                    _ = try? client.send("DELETE", "/api/keys/\(Percent.encode(id))")
                    throw error
                }
            }
            if arguments.has("json") {
                terminal.print(Listing.json(created.root))
            } else {
                terminal.print("\(created.root["key"]?.string ?? "")\n")
                terminal.complain("Keep it now: the key is not shown again. Its id is \(id).\n")
            }
            return .success
        }
    }

    private func restrict(_ id: String, _ arguments: ParsedArguments, _ client: SocketClient) throws(CommandError) {
        var body = JSONWriter()
        body.beginObject()
        if let expiry = arguments.value("expires") { body.member("expiresAt", expiry) }
        if arguments.has("model") { body.list("allowedModels", arguments.all("model")) }
        body.endObject()
        _ = try client.send("PATCH", "/api/keys/\(Percent.encode(id))", body: body.bytes).require()
    }

    private func list(_ arguments: ParsedArguments, _ terminal: Terminal) async throws -> ExitCode {
        try await backend.use(arguments, terminal) { client in
            let answer = try client.send("GET", "/api/keys").require()
            guard let keys = answer.root["keys"] else {
                throw CommandError(.unavailable, "The server's answer has no keys")
            }
            if arguments.has("json") {
                terminal.print(Listing.json(keys))
                return .success
            }
            let rows = keys.elements.map { key in
                [
                    key["id"]?.string ?? "", key["name"]?.string ?? "", key["key"]?.string ?? "", state(of: key),
                    key["scopes"]?.elements.compactMap(\.string).joined(separator: ",") ?? "",
                    key["lastUsedAt"]?.string ?? "never",
                ]
            }
            terminal.print(Listing.table(["ID", "NAME", "KEY", "STATE", "SCOPES", "LAST USED"], rows))
            return .success
        }
    }

    private func state(of key: JSONValue) -> String {
        if key["isBanned"]?.bool == true { return "banned" }
        if key["isActive"]?.bool == false { return "off" }
        return key.present("revokedAt") == nil ? "active" : "revoked"
    }

    private func revoke(_ arguments: ParsedArguments, _ terminal: Terminal) async throws -> ExitCode {
        try await backend.use(arguments, terminal) { client in
            let wanted = arguments.operand("id") ?? ""
            let answer = try client.send("GET", "/api/keys?limit=10000").require()
            let keys = answer.root["keys"]?.elements.map { $0 } ?? []
            let matches = keys.filter { $0["id"]?.string == wanted || $0["name"]?.string == wanted }
            guard let match = matches.first, let id = match["id"]?.string else {
                throw CommandError(.failure, "There is no key '\(wanted)'", hint: "See 'omniroute keys list'.")
            }
            guard matches.count == 1 else {
                throw CommandError(.failure, "Several keys are named '\(wanted)'", hint: "Name one by its id.")
            }
            _ = try client.send("DELETE", "/api/keys/\(Percent.encode(id))").require()
            terminal.print("Revoked \(match["name"]?.string ?? id).\n")
            return .success
        }
    }
}

extension JSONWriter {
    /// A member that is a list of texts.
    mutating func list(_ key: StaticString, _ values: [String]) {
        self.key(key)
        beginArray()
        for value in values { string(value) }
        endArray()
    }
}
