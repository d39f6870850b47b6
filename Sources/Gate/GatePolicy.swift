package import HTTPCore

/// What the operator decided at start-up about who may reach the server.
///
/// Immutable while the server runs.
package struct GatePolicy: Sendable {
    /// Whose forwarding headers are believed.
    package enum ProxyTrust: String, Sendable {
        case none, loopback
        case privateNetworks = "private"
    }

    /// `REQUIRE_API_KEY`; `nil` when unset.
    package var requireAPIKey: Bool?
    /// The addresses the server listens on.
    package var listeners: [IPAddress]
    /// Further names under which the server is known, lower case; an entry that begins with a dot covers all names below.
    package var publicHosts: Set<String> = []
    /// Origins under which this server's own pages are published.
    package var ownOrigins: Set<WebOrigin> = []
    /// Origins of other pages that may call the API, as browsers spell them.
    package var allowedOrigins: Set<String> = []
    /// Whether pages of every origin may call `/v1` with a key of their own.
    package var allowsAnyOriginWithKey = true
    package var proxyTrust = ProxyTrust.none
    /// `AUTH_COOKIE_SECURE=true`: session cookies are sent over TLS only, whatever the connection looks like from here.
    package var forcesSecureCookie = false
    /// The body limit of routes that have none of their own.
    package var bodyLimit = 10_485_760
    /// Requests worked on at the same time before new ones are turned away.
    package var maximumInFlight = 20_000

    package init(requireAPIKey: Bool? = nil, listeners: [IPAddress]) {
        self.requireAPIKey = requireAPIKey
        self.listeners = listeners
    }

    /// Whether other machines can connect.
    package var isExposed: Bool { listeners.contains { !$0.isLoopback } }

    /// Whether model calls need a key.
    ///
    /// `override` is the switch of the dashboard, which wins.
    package func needsAPIKey(override: Bool?) -> Bool {
        override ?? requireAPIKey ?? isExposed
    }

    /// Whether a `Host` header names this server.
    ///
    /// A page of another site can make a browser connect here under a name of its own (DNS rebinding), never under an
    /// address literal; so every literal passes once the server listens on all addresses, where its own are unknown
    /// behind address translation.
    package func isOwnHost(_ authority: Authority) -> Bool {
        if authority.isLoopbackName { return true }
        if let address = authority.address {
            return listeners.contains { $0.isUnspecified || $0 == address } || publicHosts.contains(authority.host)
        }
        if publicHosts.contains(authority.host) { return true }
        return publicHosts.contains { $0.hasPrefix(".") && authority.host.hasSuffix($0) }
    }
}

extension GatePolicy {
    /// Reads the documented environment variables; empty values count as unset.
    package init(environment: [String: String], listeners: [IPAddress]) {
        func value(_ name: String) -> String? {
            guard let text = environment[name]?.trimmingBlanks, !text.isEmpty else { return nil }
            return text
        }
        func list(_ name: String) -> [String] { value(name).map(splitList) ?? [] }

        self.init(requireAPIKey: value("REQUIRE_API_KEY").flatMap(readBool), listeners: listeners)

        for name in ["OMNIROUTE_PUBLIC_BASE_URL", "NEXT_PUBLIC_BASE_URL", "BASE_URL"] {
            guard let origin = value(name).flatMap(WebOrigin.init(urlPrefix:)) else { continue }
            publicHosts.insert(origin.authority.host)
            ownOrigins.insert(origin)
        }
        publicHosts.formUnion(list("OMNIROUTE_ALLOWED_HOSTS").map { $0.lowercased().droppingWildcard })

        let origins = list("CORS_ALLOWED_ORIGINS") + list("CORS_ORIGIN")
        allowedOrigins.formUnion(origins.map(normalizedOrigin).filter { $0 != "*" })
        // The documented default is `*`; naming origins without a `*` among them narrows it to those.
        let isWildcard = origins.isEmpty || origins.contains("*")
        allowsAnyOriginWithKey = isWildcard || value("CORS_ALLOW_ALL").flatMap(readBool) == true

        forcesSecureCookie = value("AUTH_COOKIE_SECURE").flatMap(readBool) == true
        proxyTrust = value("OMNIROUTE_TRUST_PROXY").flatMap { ProxyTrust(rawValue: $0.lowercased()) } ?? .none
        if let limit = value("MAX_BODY_SIZE_BYTES").flatMap({ Int($0) }), limit > 0 { bodyLimit = limit }
        if let limit = value("OMNIROUTE_MAX_IN_FLIGHT").flatMap({ Int($0) }), limit > 0 { maximumInFlight = limit }
    }
}

extension WebOrigin {
    /// The origin of a URL, whatever follows the host.
    fileprivate init?(urlPrefix url: String) {
        guard let mark = url.firstRange(of: "://") else { return nil }
        let end = url[mark.upperBound...].firstIndex { "/?#".contains($0) } ?? url.endIndex
        self.init(url[..<end])
    }
}

/// Reads `true`, `1`, `yes`, `on` and their opposites; `nil` for anything else.
package func readBool(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "1", "yes", "on": true
    case "false", "0", "no", "off": false
    default: nil
    }
}

/// An origin as browsers spell it: lower case, no final slash.
package func normalizedOrigin(_ text: String) -> String {
    let lowered = text.lowercased()
    return lowered.hasSuffix("/") ? String(lowered.dropLast()) : lowered
}

/// Splits a comma-separated list, dropping blanks and empty entries.
package func splitList(_ text: String) -> [String] {
    text.split(separator: ",").map { String($0).trimmingBlanks }.filter { !$0.isEmpty }
}

private func isVisible(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

extension String {
    /// The text without blanks, tabs and line ends around it.
    package var trimmingBlanks: String {
        // Most texts have nothing to trim, and visible ASCII at both ends says so at once.
        if let first = utf8.first, let last = utf8.last, isVisible(first), isVisible(last) { return self }
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0.isNewline }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return ""
        }
        return String(self[first...last])
    }

    /// `*.example.org` as the suffix `.example.org`.
    fileprivate var droppingWildcard: String { hasPrefix("*.") ? String(dropFirst()) : self }
}
