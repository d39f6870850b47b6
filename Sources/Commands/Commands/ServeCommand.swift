/// Serves `omniroute serve`.
struct ServeCommand: Sendable {
    let hooks: ProgramHooks

    var all: [CommandSpec] {
        [
            CommandSpec(
                "serve",
                "start the server",
                details: """
                    Without --host the server listens on this machine only. Other machines can connect as soon as another
                    address is named, and then model calls need a key.
                    """,
                options: [
                    OptionSpec(
                        "host",
                        value: "address",
                        "listen on this address (default: HOST, else 127.0.0.1 and ::1)",
                        isRepeatable: true
                    ),
                    OptionSpec("port", short: "p", value: "number", "listen on this port (default: PORT, else 20128)"),
                    OptionSpec(
                        "workers",
                        value: "number",
                        "event loops (default: OMNIROUTE_WORKERS, else one per core)"
                    ),
                    OptionSpec(
                        "import-env",
                        "connect the provider keys and local servers that are found, without asking"
                    ),
                    OptionSpec("no-discovery", "do not look for provider keys and local servers"),
                    OptionSpec("log-level", value: "level", "trace, debug, info, warn or error"),
                    OptionSpec("log-json", "write log lines as JSON"),
                ],
                action: serve
            )
        ]
    }

    private func serve(_ arguments: ParsedArguments, _ terminal: Terminal) async throws -> ExitCode {
        var options = ServeOptions()
        options.dataDirectory = arguments.value("data-dir")
        options.hosts = arguments.all("host")
        options.port = try arguments.number("port", in: 0...65_535)
        options.workers = try arguments.number("workers", in: 1...1024)
        options.importsFound = arguments.has("import-env")
        options.skipsDiscovery = arguments.has("no-discovery")
        options.logLevel = arguments.value("log-level")
        options.logsJSON = arguments.has("log-json")
        return try await hooks.serve(options, terminal)
    }
}
