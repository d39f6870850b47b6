import HTTPCore

/// Puts the headers of an upstream call together: one field per name, whatever the spelling.
struct UpstreamHeaders {
    /// Names a connection may not set: they belong to the transport or to the credential.
    static let forbidden: Set<String> = [
        "host", "connection", "keep-alive", "content-length", "transfer-encoding", "upgrade", "te", "trailer",
        "authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "expect", "accept-encoding",
        "content-encoding",
    ]

    private(set) var fields: HTTPHeaders

    init(_ fields: HTTPHeaders = HTTPHeaders()) {
        self.fields = fields
    }

    mutating func set(_ name: String, _ value: String) { fields[name] = value }

    /// The headers of the catalogue; those with unknown placeholders are left out when they are optional.
    mutating func add(
        _ templates: [HeaderTemplate],
        filling value: (String) -> String?
    ) throws(MissingPlaceholder) {
        for header in templates {
            do throws(MissingPlaceholder) {
                set(header.name, try header.template.filled(value))
            } catch {
                guard header.isOptional else { throw error }
            }
        }
    }

    /// The credential in every header the provider reads it from.
    mutating func add(_ credential: String, as auth: ProviderAuth) {
        if let header = auth.header, auth.query == nil { set(header, auth.value(for: credential)) }
        for header in auth.alsoSend { set(header, credential) }
    }

    /// Headers of the user: names must be tokens outside the forbidden list and the credential's, values free of
    /// line ends and controls.
    mutating func add(custom headers: [(name: String, value: String)], credentialHeaders: [String]) {
        for header in headers {
            let name = header.name.lowercased()
            let isCredential = credentialHeaders.contains { $0.equalsIgnoringASCIICase(name) }
            guard Self.isToken(name), !name.hasPrefix("proxy-"), !Self.forbidden.contains(name), !isCredential,
                Self.isValue(header.value)
            else { continue }
            set(header.name, header.value)
        }
    }

    /// Adds `anthropic-beta` tokens that are not there yet, in order.
    mutating func addBetas(_ lists: [String]) {
        var tokens: [String] = []
        for list in [fields["anthropic-beta"] ?? ""] + lists {
            for token in list.split(separator: ",").map(\.trimmed) where !tokens.contains(token) && Self.isToken(token)
            {
                tokens.append(token)
            }
        }
        fields["anthropic-beta"] = tokens.isEmpty ? nil : tokens.joined(separator: ",")
    }

    static func isToken(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 128 && name.utf8.allSatisfy(HeaderBytes.isToken)
    }

    static func isValue(_ value: String) -> Bool {
        let bytes = value.utf8.span
        guard bytes.count <= 4_096 else { return false }
        for index in bytes.indices where !HeaderBytes.isInValue(bytes[index]) { return false }
        return true
    }
}
