/// What the process, not the connection, says about upstream calls: product name, limits and allowances.
package struct CallEnvironment: Sendable {
    /// Product and version, sent as `User-Agent`.
    package var userAgent: String
    package var appName: String
    package var appURL: String
    package var timeouts: CallTimeouts
    /// Addresses in private networks are allowed for every provider call.
    package var allowsPrivateProviders: Bool
    private let userAgents: [String: String]

    /// Reads the documented variables; empty texts count as unset.
    package init(version: String, variables: [String: String] = [:]) {
        userAgent = "OmniRoute/\(version)"
        appName = "OmniRoute"
        appURL = "https://github.com/omniroute/omniroute"
        timeouts = CallTimeouts(variables: variables)
        let guardIsOff = Self.flag(variables["OUTBOUND_SSRF_GUARD_ENABLED"]) == false
        allowsPrivateProviders = guardIsOff || Self.flag(variables["OMNIROUTE_ALLOW_PRIVATE_PROVIDER_URLS"]) == true
        userAgents = variables.filter { $0.key.hasSuffix("_USER_AGENT") && !$0.value.isEmpty }
    }

    /// The value of `<PROVIDER_ID>_USER_AGENT`: upper case, `_` for every other character.
    package func userAgent(for provider: String) -> String? {
        if userAgents.isEmpty { return nil }
        let name = provider.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
        return userAgents[String(name) + "_USER_AGENT"]
    }

    private static func flag(_ text: String?) -> Bool? {
        switch text?.lowercased() {
        case "1", "true", "yes", "on": true
        case "0", "false", "no", "off": false
        default: nil
        }
    }
}

/// How long the phases of an upstream call may take; nil is no limit.
package struct CallTimeouts: Sendable, Equatable {
    package var connect: Duration? = .seconds(30)
    /// Until the response headers are complete.
    package var headers: Duration? = .seconds(600)
    /// Until the first meaningful event of a stream.
    package var readiness: Duration? = .seconds(80)
    /// Silence inside an answer.
    package var idle: Duration? = .seconds(600)
    /// The body of an answer that is no stream.
    package var body: Duration? = .seconds(600)

    package init() {}

    /// The documented variables, in milliseconds; 0 switches a limit off.
    package init(variables: [String: String]) {
        func limit(_ names: String..., standard: Duration?) -> Duration? {
            for name in names {
                guard let text = variables[name], let milliseconds = Int64(text), milliseconds >= 0 else { continue }
                return milliseconds == 0 ? nil : .milliseconds(milliseconds)
            }
            return standard
        }
        connect = limit("FETCH_CONNECT_TIMEOUT_MS", standard: connect)
        headers = limit("FETCH_HEADERS_TIMEOUT_MS", "FETCH_TIMEOUT_MS", "REQUEST_TIMEOUT_MS", standard: headers)
        readiness = limit("STREAM_READINESS_TIMEOUT_MS", standard: readiness)
        idle = limit("STREAM_IDLE_TIMEOUT_MS", standard: idle)
        body = limit("FETCH_BODY_TIMEOUT_MS", standard: body)
    }
}
