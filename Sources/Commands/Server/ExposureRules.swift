import Gate
import LogCore
import Store

/// What must be true before other machines may connect.
enum ExposureRules {
    /// The shortest environment key that nobody guesses.
    private static let shortestKey = 16

    /// Refuses to serve others with secrets that anybody can know; on this machine alone they are only reported.
    static func check(
        _ policy: GatePolicy,
        secrets: Secrets,
        environmentKey: String?,
        log: Logger
    ) throws(CommandError) {
        for warning in secrets.warnings {
            guard policy.isExposed else {
                log.warn("a configured secret is short or published, and is not used", .string("name", warning.name))
                continue
            }
            throw CommandError(
                .configuration,
                "\(warning.name) from \(warning.source.rawValue) is short or published, and other machines can connect",
                hint: "Remove it, and a good one is made and kept in server.env; or listen on 127.0.0.1 only."
            )
        }
        if policy.isExposed, let environmentKey, environmentKey.utf8.count < shortestKey {
            throw CommandError(
                .configuration,
                "OMNIROUTE_API_KEY has less than \(shortestKey) characters, and other machines can connect",
                hint: "Choose a longer key, or listen on 127.0.0.1 only."
            )
        }
    }
}
