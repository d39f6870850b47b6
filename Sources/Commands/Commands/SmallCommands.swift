import HTTPCore
import JSONCore

/// Serves `omniroute models`, `version`, `reset-password`.
struct SmallCommands: Sendable {
    let backend: Backend
    let version: String

    var all: [CommandSpec] {
        [
            CommandSpec(
                "models",
                "list the models that can be called",
                options: [OptionSpec("provider", value: "id", "only models of this provider"), .json],
                action: models
            ),
            CommandSpec(
                "reset-password",
                "choose a new password for the dashboard",
                details: "Needs no old password: whoever may write the data directory is its owner.",
                options: [OptionSpec("stdin", "read the new password from standard input")],
                action: resetPassword
            ),
            CommandSpec("version", "show the version", options: [.json], action: showVersion),
        ]
    }

    private func models(_ arguments: ParsedArguments, _ terminal: Terminal) async throws -> ExitCode {
        try await backend.use(arguments, terminal) { client in
            let answer = try client.send("GET", "/v1/models").require()
            let prefix = arguments.value("provider").map { "\($0)/" }
            let models =
                answer.root["data"]?.elements.filter { model in
                    prefix == nil || model["id"]?.string?.hasPrefix(prefix ?? "") == true
                        || model["owned_by"]?.string == arguments.value("provider")
                } ?? []
            if arguments.has("json") {
                let items = models.map { String(decoding: $0.raw, as: UTF8.self) }
                terminal.print("[\(items.joined(separator: ","))]\n")
            } else {
                for model in models { terminal.print("\(model["id"]?.string ?? "")\n") }
            }
            return .success
        }
    }

    private func resetPassword(_ arguments: ParsedArguments, _ terminal: Terminal) async throws -> ExitCode {
        let password = try newPassword(arguments, terminal)
        return try await backend.use(arguments, terminal) { client in
            var body = JSONWriter()
            body.beginObject()
            body.member("password", password)
            body.endObject()
            _ = try client.send("POST", "/api/settings/require-login", body: body.bytes).require()
            terminal.print("The password is changed; everybody has to log in again.\n")
            return .success
        }
    }

    private func newPassword(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandError) -> String {
        guard arguments.has("stdin") || terminal.isInteractive else {
            throw CommandError(.usage, "No password is given", hint: "Use --stdin to send it from a script.")
        }
        let isAsked = terminal.isInteractive && !arguments.has("stdin")
        guard let first = isAsked ? terminal.readSecret("New password: ") : terminal.readLine(), !first.isEmpty else {
            throw CommandError(.usage, "No password is given")
        }
        if isAsked, terminal.readSecret("Once more: ") != first {
            throw CommandError(.usage, "The two passwords differ")
        }
        return first
    }

    private func showVersion(_ arguments: ParsedArguments, _ terminal: Terminal) async throws -> ExitCode {
        terminal.print(arguments.has("json") ? #"{"version":"\#(version)"}"# + "\n" : "omniroute \(version)\n")
        return .success
    }
}
