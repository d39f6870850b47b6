import Dialects
import Providers

/// Finds the provider of a model that is named without one.
///
/// Where the catalogue alone leaves a choice, providers the user has connected come first: a name that only one
/// connected provider lists is not ambiguous.
struct BareNames {
    private let tables: RoutingTables

    init(_ tables: RoutingTables) {
        self.tables = tables
    }

    func target(of name: String) -> Result<RouteTarget, Failure> {
        if let special = special(name) { return .success(special) }
        if isOpenAI(name), let openAI = provider("openai") { return .success(openAITarget(name, openAI)) }
        if let listed = listed(name) { return listed }
        for family in ModelFamily.all where family.fits(name) {
            if let native = family.natives.lazy.compactMap(provider).first { return .success(target(native, name)) }
        }
        return provider("openai").map { .success(target($0, name)) } ?? .failure(.noCredentials("openai"))
    }

    /// The provider that lists a name; nil when nobody does.
    func listed(_ name: String) -> Result<RouteTarget, Failure>? {
        let hosts = callable(hosts(of: name))
        guard let first = hosts.first else { return nil }
        if hosts.count == 1 { return .success(target(first, name)) }
        let connected = hosts.filter(tables.isConnected)
        if connected.count == 1 { return .success(target(connected[0], name)) }
        let candidates = connected.isEmpty ? hosts : connected
        let natives = ModelFamily.all.first { $0.fits(name) }?.natives ?? []
        for native in natives {
            if let chosen = candidates.first(where: { $0.id == native }) { return .success(target(chosen, name)) }
        }
        return .failure(ambiguous(name, candidates))
    }

    // MARK: - Rules with names

    /// Models that belong to a provider although another one's rule would take them.
    private func special(_ name: String) -> RouteTarget? {
        guard let codex = provider("codex") else { return nil }
        if name == "codex-auto-review" { return target(codex, name) }
        if name == "gpt-5.5", tables.isConnected(codex), let openAI = provider("openai"), !tables.isConnected(openAI) {
            return target(codex, "gpt-5.5-medium")
        }
        return nil
    }

    private func isOpenAI(_ name: String) -> Bool {
        if provider("openai")?.chat?.models[name] != nil { return true }
        // The open-weight models are everywhere but at OpenAI.
        guard !name.hasPrefix("gpt-oss") else { return false }
        return ["gpt-", "o1", "o3"].contains { name.hasPrefix($0) }
    }

    /// OpenAI, unless it is not connected and exactly one connected provider lists the name.
    private func openAITarget(_ name: String, _ openAI: Provider) -> RouteTarget {
        if tables.isConnected(openAI) { return target(openAI, name) }
        let connected = hosts(of: name).filter(tables.isConnected)
        return target(connected.count == 1 ? connected[0] : openAI, name)
    }

    // MARK: - Candidates

    /// Providers that list the name; those of its family also under another spelling.
    private func hosts(of name: String) -> [Provider] {
        var hosts = tables.catalogue.providers(listing: name)
        for family in ModelFamily.all where family.fits(name) {
            for native in family.natives.compactMap(provider) where !hosts.contains(where: { $0 === native }) {
                if native.chat?.models.model(like: name) != nil { hosts.append(native) }
            }
        }
        return hosts
    }

    /// Without providers that this version cannot call and the user has not connected either.
    private func callable(_ hosts: [Provider]) -> [Provider] {
        let callable = hosts.filter { $0.isSupported || tables.isConnected($0) }
        return callable.isEmpty ? hosts : callable
    }

    private func ambiguous(_ name: String, _ candidates: [Provider]) -> Failure {
        let suggestions = candidates.prefix(2).map { "\($0.alias)/\(name)" }.joined(separator: " or ")
        return Failure(
            .invalidRequest,
            "Model \(name) is offered by several providers: name one, for example \(suggestions)",
            code: "model_ambiguous",
            param: "model"
        )
    }

    private func provider(_ id: String) -> Provider? { tables.catalogue.provider(id) }

    private func target(_ provider: Provider, _ model: String) -> RouteTarget {
        RouteTarget(party: .provider(provider), model: model)
    }
}

/// A family of models and the providers at home in it, the first choice first.
struct ModelFamily {
    let beginnings: [String]
    let natives: [String]

    static let all = [
        ModelFamily(beginnings: ["claude-"], natives: ["anthropic"]),
        ModelFamily(beginnings: ["gemini-", "gemma-"], natives: ["gemini"]),
        ModelFamily(beginnings: ["deepseek"], natives: ["deepseek"]),
        ModelFamily(beginnings: ["qwen"], natives: ["alibaba", "bailian-coding-plan", "alibaba-cn"]),
        ModelFamily(beginnings: ["kimi"], natives: ["moonshot", "kimi"]),
        ModelFamily(beginnings: ["glm"], natives: ["zai", "glm"]),
        ModelFamily(beginnings: ["minimax"], natives: ["minimax"]),
        ModelFamily(beginnings: ["mimo"], natives: ["xiaomi-mimo"]),
        ModelFamily(beginnings: ["grok"], natives: ["xai"]),
        ModelFamily(beginnings: ["mistral", "devstral", "codestral"], natives: ["mistral"]),
    ]

    func fits(_ name: String) -> Bool {
        let name = name.lowercased()
        return beginnings.contains { name.hasPrefix($0) }
    }
}

/// Which models a provider can be taken to own behind its prefix.
enum ProviderModels {
    static func owns(_ provider: Provider, _ model: String) -> Bool {
        guard let chat = provider.chat else { return false }
        if chat.acceptsAnyModel || chat.models.model(like: model) != nil { return true }
        if provider.id == "openai" {
            return ["gpt-", "o1", "o3", "o4", "chatgpt-"].contains { model.hasPrefix($0) }
                && !model.hasPrefix("gpt-oss")
        }
        return ModelFamily.all.contains { $0.natives.contains(provider.id) && $0.fits(model) }
    }
}
