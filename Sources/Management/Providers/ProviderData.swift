import Gate
import JSONCore

/// The rules of a connection's `providerSpecificData`: what may be in it, how it is changed, what of it is shown.
enum ProviderData {
    /// Values that are never shown.
    private static let secrets: Set<String> = [
        "consoleApiKey", "secretAccessKey", "awsSecretAccessKey", "sessionToken", "awsSessionToken", "clientSecret",
        "privateKey", "serviceAccountKey", "password", "refreshToken", "accessToken",
    ]

    // MARK: - Checking

    /// Notes everything in the object that breaks a rule; unknown keys pass.
    static func check(_ data: Body, provider: String) {
        checkURL(data, "baseUrl")
        _ = data.optionalText("customUserAgent", 0...500)
        _ = data.optionalText("cx", 0...500)
        if provider == "google-pse-search", data.value.present("cx") == nil { data.reject("cx", "Required") }
        for flag in flags { _ = data.optionalBool(flag) }
        if let defaults = data.optionalObject("requestDefaults") {
            _ = defaults.optionalWord("reasoningEffort", ["none", "low", "medium", "high", "xhigh"])
            _ = defaults.optionalWord("serviceTier", ["priority", "fast"])
            _ = defaults.optionalBool("context1m")
        }
        _ = data.optionalText("consoleApiKey", 0...10_000)
        _ = data.optionalText("tag", 0...100)
        _ = data.optionalTexts("tags", count: 0...50, length: 1...64)
        _ = data.optionalTexts("extraApiKeys", count: 0...100, length: 1...10_000)
        _ = data.optionalWord("clientProfile", ["ide", "harness", "cli", "sdk"])
        checkExcludedModels(data)
        checkHeaders(data)
    }

    private static let flags: [StaticString] = [
        "openaiStoreEnabled", "blockExtraUsage", "autoFetchModels", "disableStreamOptions", "allowPrivateNetwork",
        "sendClientIdentity",
    ]

    /// An http(s) URL with a host and without a user: credentials belong into the connection, where they are encrypted.
    static func checkURL(_ body: Body, _ field: StaticString) {
        guard let url = body.optionalText(field, 1...2000) else { return }
        if !isWebURL(url) { body.reject("\(field)", "Expected an http or https URL") }
    }

    static func isWebURL(_ url: String) -> Bool {
        guard let mark = url.firstRange(of: "://"), ["http", "https"].contains(url[..<mark.lowerBound].lowercased()),
            url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") })
        else { return false }
        return Authority(url[mark.upperBound...].prefix { !"/?#".contains($0) }) != nil
    }

    private static func checkExcludedModels(_ data: Body) {
        guard let value = data.value.present("excludedModels") else { return }
        let patterns: [String]
        if value.isString {
            patterns = data.optionalText("excludedModels", 0...5000).map(splitList) ?? []
        } else {
            patterns = data.optionalTexts("excludedModels", count: 0...100, length: 1...200) ?? []
        }
        if patterns.contains("**") { data.reject("excludedModels", "The pattern ** is not allowed") }
    }

    private static func checkHeaders(_ data: Body) {
        guard let headers = data.optionalObject("customHeaders") else { return }
        if headers.value.count > 16 { data.reject("customHeaders", "At most 16 headers") }
        for member in headers.value.members {
            let name = member.key.string
            let isToken = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
            guard isToken, (1...128).contains(name.utf8.count), !hopByHop.contains(name.lowercased()) else {
                headers.reject(name, "This header cannot be set")
                continue
            }
            guard let value = member.value.string, value.utf8.count <= 4096,
                value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else {
                headers.reject(name, "Expected one line of text")
                continue
            }
        }
    }

    private static let hopByHop: Set<String> = [
        "host", "connection", "content-length", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer",
        "upgrade",
    ]

    // MARK: - Changing

    /// Lays `update` over `old`, member by member; `null` removes a member.
    static func merged(_ old: JSONDocument, with update: JSONValue) -> JSONDocument {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        for member in old.root.members where update.member(member.key.string) == nil {
            writer.key(member.key)
            writer.raw(member.value)
        }
        for member in update.members where !member.value.isNull {
            let previous = old.root.member(member.key.string)
            writer.key(member.key)
            switch member.key.string {
            case "codexLimitPolicy": writeMerged(previous, member.value, to: &writer)
            case "extraApiKeys": writeKeys(previous, member.value, to: &writer)
            default: writer.raw(member.value)
            }
        }
        writer.endObject()
        return (try? JSONDocument.parse(writer.bytes)) ?? old
    }

    private static func writeMerged(_ old: JSONValue?, _ update: JSONValue, to writer: inout JSONWriter) {
        guard let old, old.isObject, update.isObject else { return writer.raw(update) }
        writer.beginObject()
        for member in old.members where update.member(member.key.string) == nil {
            writer.key(member.key)
            writer.raw(member.value)
        }
        for member in update.members {
            writer.key(member.key)
            writer.raw(member.value)
        }
        writer.endObject()
    }

    /// A key that comes back masked is the one that was shown.
    private static func writeKeys(_ old: JSONValue?, _ update: JSONValue, to writer: inout JSONWriter) {
        guard update.isArray else { return writer.raw(update) }
        let known = old?.elements.compactMap(\.string) ?? []
        writer.beginArray()
        for key in update.elements.compactMap(\.string) {
            writer.string(known.first { SecretMask.isMask(key, of: $0) } ?? key)
        }
        writer.endArray()
    }

    // MARK: - Showing

    /// Writes the object without its secrets.
    static func write(_ data: JSONDocument, to writer: inout JSONWriter) {
        writer.beginObject()
        for member in data.root.members where !secrets.contains(member.key.string) {
            writer.key(member.key)
            switch member.key.string {
            case "extraApiKeys" where member.value.isArray:
                writer.beginArray()
                for key in member.value.elements { writer.string(SecretMask.mask(key.string ?? "")) }
                writer.endArray()
            case "apiKeyHealth" where member.value.isObject:
                writeHealth(member.value, to: &writer)
            case "customHeaders" where member.value.isObject:
                writeHeaders(member.value, to: &writer)
            default: writer.raw(member.value)
            }
        }
        writer.endObject()
    }

    /// The map is keyed by the extra keys themselves in old databases.
    private static func writeHealth(_ health: JSONValue, to writer: inout JSONWriter) {
        writer.beginObject()
        for member in health.members {
            let name = member.key.string
            writer.key(JSONText(name.utf8.count >= 20 ? SecretMask.mask(name) : name))
            writer.raw(member.value)
        }
        writer.endObject()
    }

    /// Headers may carry credentials under any name that sounds like it.
    private static func writeHeaders(_ headers: JSONValue, to writer: inout JSONWriter) {
        let suspicious = ["token", "secret", "key", "auth", "session", "cookie", "credential", "signature"]
        writer.beginObject()
        for member in headers.members {
            let name = member.key.string.lowercased()
            writer.key(member.key)
            if suspicious.contains(where: name.contains) {
                writer.string(SecretMask.mask(member.value.string ?? ""))
            } else {
                writer.raw(member.value)
            }
        }
        writer.endObject()
    }
}
