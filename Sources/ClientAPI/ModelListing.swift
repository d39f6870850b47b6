import Gateway
import JSONCore
import Providers
import Store
import TimeCore

/// A model that can be asked for now.
struct ListedModel {
    /// What clients put into `model`.
    var id: String
    var name: String
    var ownedBy: String
    /// Tokens; nil when unknown.
    var context: Int?
    var maxOutput: Int?
    /// Those of a model that no catalogue describes are taken for usual ones.
    var capabilities: ModelCapabilities = .tools
    var createdAt: WallTime

    var openAI: [UInt8] { JSONWriter.bytes { writeOpenAI(to: &$0) } }
    var anthropic: [UInt8] { JSONWriter.bytes { writeAnthropic(to: &$0) } }

    func writeOpenAI(to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", id)
        json.member("object", "model")
        json.member("created", createdAt.unixSeconds)
        json.member("owned_by", ownedBy)
        json.member("name", name)
        if let context { json.member("context_length", context) }
        if let maxOutput { json.member("max_output_tokens", maxOutput) }
        json.endObject()
    }

    func writeAnthropic(to json: inout JSONWriter) {
        json.beginObject()
        json.member("type", "model")
        json.member("id", id)
        json.member("display_name", name)
        json.member("created_at", createdAt.iso8601)
        if let context { json.member("max_input_tokens", context) }
        if let maxOutput { json.member("max_tokens", maxOutput) }
        json.endObject()
    }
}

/// Every model that a client can ask for: combos, models of connected providers and nodes, aliases; the demo only while
/// nothing else is connected.
struct ModelListing {
    private(set) var models: [ListedModel]

    /// `offered` is what the user's own servers say that they have, by connection.
    init(_ configuration: Configuration, catalogue: Catalogue, offered: [String: [OfferedModel]]) {
        var builder = Builder(configuration: configuration, catalogue: catalogue, offered: offered)
        builder.addCombos()
        builder.addConnections()
        builder.addAliases()
        if !configuration.connections.contains(where: \.isActive) { builder.addDemo() }
        models = builder.models
    }

    /// The models that a key may use; all of them without a key.
    func filtered(by key: APIKey?) -> ModelListing {
        guard let key, !key.allowedModels.isEmpty else { return self }
        var filtered = self
        filtered.models.removeAll { !ModelPolicy.allows($0.id, patterns: key.allowedModels) }
        return filtered
    }

    subscript(id: String) -> ListedModel? { models.first { $0.id == id } }

    var openAIList: [UInt8] {
        JSONWriter.bytes { json in
            json.beginObject()
            json.member("object", "list")
            json.key("data")
            json.beginArray()
            for model in models { model.writeOpenAI(to: &json) }
            json.endArray()
            json.endObject()
        }
    }

    var anthropicList: [UInt8] {
        JSONWriter.bytes { json in
            json.beginObject()
            json.key("data")
            json.beginArray()
            for model in models { model.writeAnthropic(to: &json) }
            json.endArray()
            json.member("has_more", false)
            for (key, model) in [("first_id", models.first), ("last_id", models.last)] as [(StaticString, ListedModel?)]
            {
                if let model { json.member(key, model.id) } else { json.memberNull(key) }
            }
            json.endObject()
        }
    }
}

extension ModelListing {
    /// Gathers models, each id once.
    private struct Builder {
        let configuration: Configuration
        let catalogue: Catalogue
        let offered: [String: [OfferedModel]]
        private(set) var models: [ListedModel] = []
        private var ids: Set<String> = []

        init(configuration: Configuration, catalogue: Catalogue, offered: [String: [OfferedModel]]) {
            self.configuration = configuration
            self.catalogue = catalogue
            self.offered = offered
        }

        mutating func addCombos() {
            for combo in configuration.combos where combo.isActive && !combo.isHidden && !combo.steps.isEmpty {
                add(
                    ListedModel(
                        id: combo.name,
                        name: combo.name,
                        ownedBy: "combo",
                        context: combo.contextLength,
                        createdAt: combo.createdAt
                    )
                )
            }
        }

        mutating func addConnections() {
            for connection in configuration.connections where connection.isActive {
                if let provider = catalogue.provider(connection.provider) {
                    add(modelsOf: provider, connection)
                } else if let node = configuration.node(connection.provider) {
                    for model in offered[connection.id] ?? [] {
                        add(named: "\(node.prefix)/\(model.id)", model.name, ownedBy: node.prefix, connection)
                    }
                    guard let model = connection.defaultModel else { continue }
                    add(named: "\(node.prefix)/\(model)", model, ownedBy: node.prefix, connection)
                }
            }
        }

        mutating func addAliases() {
            for (alias, target) in configuration.modelAliases.sorted(by: { $0.key < $1.key }) {
                guard let model = models.first(where: { $0.id == target }) else { continue }
                add(
                    ListedModel(
                        id: alias,
                        name: model.name,
                        ownedBy: model.ownedBy,
                        context: model.context,
                        maxOutput: model.maxOutput,
                        capabilities: model.capabilities,
                        createdAt: model.createdAt
                    )
                )
            }
        }

        mutating func addDemo() {
            guard let demo = catalogue.provider("demo"), let chat = demo.chat else { return }
            for model in chat.models { add(entry(of: model, demo, createdAt: WallTime(milliseconds: 0))) }
        }

        private mutating func add(modelsOf provider: Provider, _ connection: Connection) {
            guard provider.isSupported, let chat = provider.chat else { return }
            for model in chat.models { add(entry(of: model, provider, createdAt: connection.createdAt)) }
            for model in offered[connection.id] ?? [] {
                add(named: "\(provider.alias)/\(model.id)", model.name, ownedBy: provider.alias, connection)
            }
            guard let model = connection.defaultModel, chat.models[model] == nil else { return }
            add(named: "\(provider.alias)/\(model)", model, ownedBy: provider.alias, connection)
        }

        private func entry(of model: ProviderModel, _ provider: Provider, createdAt: WallTime) -> ListedModel {
            ListedModel(
                id: "\(provider.alias)/\(model.id)",
                name: model.name,
                ownedBy: provider.alias,
                context: model.context ?? provider.chat?.defaultContext,
                maxOutput: model.maxOutput,
                capabilities: model.capabilities,
                createdAt: createdAt
            )
        }

        private mutating func add(named id: String, _ name: String, ownedBy: String, _ connection: Connection) {
            add(ListedModel(id: id, name: name, ownedBy: ownedBy, createdAt: connection.createdAt))
        }

        private mutating func add(_ model: ListedModel) {
            if ids.insert(model.id).inserted { models.append(model) }
        }
    }
}

extension JSONWriter {
    /// The bytes that `body` writes.
    static func bytes(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        body(&writer)
        return writer.bytes
    }
}
