import Store

/// Which data directory a command works on.
enum DataDirectoryChoice {
    /// The option `--data-dir`, else what the environment says.
    static func path(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandError) -> String {
        var environment = terminal.environment
        if let option = arguments.value("data-dir"), !option.isEmpty { environment["DATA_DIR"] = option }
        do {
            return try DataDirectory.location(environment: environment)
        } catch {
            throw CommandError(error)
        }
    }
}
