package import JSONCore

/// The settings an administrator can change while the program runs.
///
/// Values of a wrong kind read as the default: the database may come from elsewhere.
package struct Settings: Sendable {
    /// Every stored setting as JSON, the ones unknown here included.
    package let raw: [String: JSONDocument]

    package let requireLogin: Bool
    package let setupComplete: Bool
    package let bruteForceProtection: Bool
    /// Comma-separated origins, cut into pieces.
    package let corsOrigins: [String]
    package let blockedProviders: [String]
    /// Nil when never set: the environment decides.
    package let maxBodySizeMB: Int?
    /// How accounts take turns, such as `priority` or `round-robin`.
    package let fallbackStrategy: String?
    package let stickyRoundRobinLimit: Int
    package let requestRetry: Int
    package let maxRetryIntervalSeconds: Int
    package let stripModelPrefix: Bool
    /// Tokens added to usage figures shown to clients; 0 unless somebody wants the original's padding.
    package let usageTokenBuffer: Int
    package let idempotencyWindowMs: Int
    /// Glob → `provider/model`, in the order they are tried.
    package let wildcardAliases: [(pattern: String, target: String)]
    /// Renamed models: old name → new name.
    package let deprecatedModels: [String: String]
    package let instanceName: String?
    /// Whether reasoning is kept for clients that do not send it back.
    package let reasoningMemory: Bool

    init(_ raw: [String: JSONDocument]) {
        self.raw = raw
        let read = Reader(raw: raw)
        requireLogin = read.bool("requireLogin") ?? true
        setupComplete = read.bool("setupComplete") ?? false
        bruteForceProtection = read.bool("bruteForceProtection") ?? true
        corsOrigins = read.commaList("corsOrigins")
        blockedProviders = read.list("blockedProviders")
        maxBodySizeMB = read.int("maxBodySizeMb", 1...500)
        fallbackStrategy = read.text("fallbackStrategy")
        stickyRoundRobinLimit = read.int("stickyRoundRobinLimit", 0...1000) ?? 3
        requestRetry = read.int("requestRetry", 0...10) ?? 3
        maxRetryIntervalSeconds = read.int("maxRetryIntervalSec", 0...300) ?? 30
        stripModelPrefix = read.bool("stripModelPrefix") ?? false
        usageTokenBuffer = read.int("usageTokenBuffer", 0...50_000) ?? 0
        idempotencyWindowMs = read.int("idempotencyWindowMs", 0...86_400_000) ?? 5000
        wildcardAliases = read.aliases("wildcardAliases")
        deprecatedModels = read.textMap("modelAliases")
        instanceName = read.text("instanceName")
        reasoningMemory = read.bool("reasoningMemory") ?? true
    }

    /// A setting as JSON.
    package subscript(_ key: String) -> JSONValue? { raw[key]?.root }

    /// True for settings whose value is a credential: stored encrypted, never shown.
    package static func isSecret(_ key: String) -> Bool {
        let name = key.lowercased()
        return ["apikey", "secret", "token", "api_key", "managementkey"].contains { name.hasSuffix($0) }
    }
}

/// Typed access to settings of unknown quality.
private struct Reader {
    let raw: [String: JSONDocument]

    func bool(_ key: String) -> Bool? {
        guard let value = raw[key]?.root else { return nil }
        if let flag = value.bool { return flag }
        if value.equals("true") || value.int == 1 { return true }
        return value.equals("false") || value.int == 0 ? false : nil
    }

    func int(_ key: String, _ range: ClosedRange<Int>) -> Int? {
        guard let value = raw[key]?.root, let number = value.int ?? value.string.flatMap({ Int($0) }) else {
            return nil
        }
        return range.contains(number) ? number : nil
    }

    func text(_ key: String) -> String? { raw[key]?.root.string.flatMap { $0.isEmpty ? nil : $0 } }

    func list(_ key: String) -> [String] { raw[key]?.root.elements.compactMap(\.string) ?? [] }

    func commaList(_ key: String) -> [String] {
        guard let text = text(key) else { return list(key) }
        return text.split(separator: ",").map { piece in
            String(piece.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }.filter { !$0.isEmpty }
    }

    func aliases(_ key: String) -> [(pattern: String, target: String)] {
        raw[key]?.root.elements.compactMap { element in
            guard let pattern = element.present("pattern")?.string, let target = element.present("target")?.string
            else { return nil }
            return (pattern, target)
        } ?? []
    }

    func textMap(_ key: String) -> [String: String] {
        var map: [String: String] = [:]
        guard let root = raw[key]?.root, root.isObject else { return map }
        for (name, value) in root.members {
            if let text = value.string { map[name.string] = text }
        }
        return map
    }
}
