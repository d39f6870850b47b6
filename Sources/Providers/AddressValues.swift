import HTTPCore

/// Values for the placeholders of the catalogue's addresses and headers.
struct AddressValues {
    let provider: Provider
    let account: UpstreamAccount
    let model: String
    let environment: CallEnvironment
    /// Whether the call asks for a stream, which Gemini's addresses say.
    var streams = false

    /// A value for an address: anything the user wrote is escaped, or must be a plain host name or label.
    func addressValue(_ name: String) -> String? {
        switch name {
        case "model": Percent.encode(model)
        case "action": ChatAddress.geminiAction(streams: streams)
        case "baseUrl", "deploymentUrl": option(name)?.withoutTrailingSlashes
        case "workspaceHost", "resourceUrl": hostName(option(name))
        case "resource", "account", "region": hostLabel(option(name))
        case "apiVersion": (option(name) ?? provider.chat?.defaultAPIVersion).map { Percent.encode($0) }
        default: option(name).map { Percent.encode($0) }
        }
    }

    /// A value for a header; line ends and controls never get in.
    func headerValue(_ name: String) -> String? {
        let value: String? =
            switch name {
            case "appName": environment.appName
            case "appUrl": environment.appURL
            default: option(name)
            }
        guard let value, UpstreamHeaders.isValue(value) else { return nil }
        return value
    }

    private func option(_ name: String) -> String? { account.options.value(name) }

    private func hostName(_ text: String?) -> String? {
        guard let text, let url = try? UpstreamURL(text.contains("://") ? text : "https://" + text), url.port == nil
        else { return nil }
        return url.host
    }

    private func hostLabel(_ text: String?) -> String? {
        guard let text, !text.contains("."), let url = try? UpstreamURL("https://\(text).example"),
            url.host == "\(text.lowercased()).example"
        else { return nil }
        return text.lowercased()
    }
}

/// Addresses of services that every customer has an own host for (Azure, Databricks, Snowflake, SAP).
enum CustomerHost {
    private static let placeholders: Set<String> = [
        "baseUrl", "deploymentUrl", "workspaceHost", "resource", "account",
    ]

    /// Whether the customer's base address is a part of the catalogue's address instead of replacing it.
    static func isNamed(by url: Template) -> Bool {
        url.placeholders.contains { placeholders.contains($0) }
    }

    /// The part of the catalogue's address after the host.
    static func path(of url: Template) -> Template {
        let source = url.source
        let start =
            if source.hasPrefix("{"), let close = source.firstIndex(of: "}") {
                source.index(after: close)
            } else if let mark = source.range(ofText: "://") {
                source[mark.upperBound...].firstIndex(of: "/") ?? source.endIndex
            } else {
                source.endIndex
            }
        return Template(String(source[start...]))
    }

    /// Joins the customer's base address and the path.
    ///
    /// Vendors show several forms of one address, so everything in the base from the first segment of the path on
    /// (`/openai/…`, a pasted full address) is cut first.
    static func join(base: String, path: String) throws(UpstreamURL.Problem) -> UpstreamURL {
        var url = try UpstreamURL(base)
        let question = path.firstIndex(of: "?") ?? path.endIndex
        let first = path[..<question].split(separator: "/").first.map { "/" + $0 } ?? ""
        if !first.isEmpty, let known = (url.path + "/").range(ofText: first + "/") {
            url.path = String((url.path + "/")[..<known.lowerBound])
        }
        url.path = url.path.withoutTrailingSlashes + path[..<question]
        url.query = question == path.endIndex ? nil : String(path[path.index(after: question)...])
        return url
    }
}
