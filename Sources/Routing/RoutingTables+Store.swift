import Dialects
import JSONCore
package import Providers
package import Store
import Synchronization
import TimeCore

extension RoutingTables {
    /// The tables of a configuration.
    package convenience init(_ configuration: Configuration, catalogue: Catalogue, understandsForeignNames: Bool = true)
    {
        let nodes = configuration.nodes.map(UpstreamNode.init)
        let settings = configuration.settings
        // Names that settings call renamed win over aliases of the same name.
        let aliases = configuration.modelAliases.merging(settings.deprecatedModels) { _, renamed in renamed }
        self.init(
            catalogue: catalogue,
            accounts: configuration.connections.map { Account($0, catalogue: catalogue, nodes: nodes) },
            nodes: nodes,
            combos: configuration.combos.map { RoutedCombo($0, settings: settings) },
            mappings: configuration.comboMappings.map(ComboMapping.init),
            aliases: aliases,
            wildcards: settings.wildcardAliases.map { WildcardAlias(pattern: $0.pattern, target: $0.target) },
            settings: RoutingSettings(
                stripsModelPrefix: settings.stripModelPrefix,
                allowsAutoRouting: settings["autoRoutingEnabled"]?.bool ?? true,
                understandsForeignNames: understandsForeignNames
            )
        )
    }
}

/// Keeps the tables of the newest configuration, so that they are built once per change.
package final class RoutingView: Sendable {
    private let catalogue: Catalogue
    private let understandsForeignNames: Bool
    private let newest = Mutex<(version: Int, tables: RoutingTables)?>(nil)

    /// A view over the providers the product knows.
    ///
    /// `MODEL_ALIAS_COMPAT_ENABLED` set to `false` or `0` in the environment switches names of other gateways off.
    package init(catalogue: Catalogue, variables: [String: String] = [:]) {
        self.catalogue = catalogue
        understandsForeignNames = !["false", "0"].contains(variables["MODEL_ALIAS_COMPAT_ENABLED"]?.lowercased())
    }

    /// The tables of a configuration; two threads may build the same tables at once, which is harmless.
    package func tables(for configuration: Configuration) -> RoutingTables {
        if let known = newest.withLock({ $0 }), known.version == configuration.version { return known.tables }
        let tables = RoutingTables(
            configuration,
            catalogue: catalogue,
            understandsForeignNames: understandsForeignNames
        )
        newest.withLock { known in
            if known.map({ $0.version < configuration.version }) ?? true { known = (configuration.version, tables) }
        }
        return tables
    }
}

extension Account {
    /// What routing needs of a stored connection.
    package convenience init(_ connection: Connection, catalogue: Catalogue, nodes: [UpstreamNode]) {
        let provider = catalogue.provider(connection.provider)
        let node = nodes.first { $0.id == connection.provider }
        let options = ConnectionOptions(connection.providerSpecificData)
        let isLocal = provider?.category == .local || (node.map(\.isLocal) ?? false)
        self.init(
            id: connection.id,
            provider: provider?.id ?? connection.provider,
            name: connection.name,
            kind: connection.authType == "oauth" ? .oauth : (isLocal ? .local : .apiKey),
            // A credential that cannot be decrypted is as good as none.
            isActive: connection.isActive && !connection.hasUnreadableCredential,
            priority: connection.priority,
            updatedAt: connection.updatedAt,
            options: options,
            credential: connection.apiKey ?? connection.accessToken,
            locksModels: options.hasQuotaPerModel || node != nil || (provider.map(\.hasQuotaPerModel) ?? false),
            stored: StoredHealth(
                testStatus: connection.testStatus,
                rateLimitedUntil: connection.rateLimitedUntil,
                backoffLevel: connection.backoffLevel,
                lastError: connection.lastError,
                errorCode: connection.errorCode.flatMap { Int($0) },
                lastTested: connection.lastTested
            )
        )
    }
}

extension Provider {
    /// Whether its limits hold per model: vendors known for it, and everything that resells models of others.
    fileprivate var hasQuotaPerModel: Bool {
        id == "gemini" || id == "github" || (chat?.acceptsAnyModel ?? false)
    }
}

extension UpstreamNode {
    package convenience init(_ node: ProviderNode) {
        let isAnthropic = node.type == .anthropicCompatible
        let isResponses = !isAnthropic && node.apiType == "responses"
        let isChat = isAnthropic || isResponses || node.apiType == nil || node.apiType == "chat"
        self.init(
            id: node.id,
            prefix: node.prefix,
            dialect: isAnthropic ? .anthropicMessages : isResponses ? .openAIResponses : .openAIChat,
            baseURL: node.baseURL ?? (isAnthropic ? "https://api.anthropic.com/v1" : "https://api.openai.com/v1"),
            chatPath: node.chatPath,
            modelsPath: node.modelsPath,
            unsupportedReason: isChat ? nil : "its API type is \(node.apiType ?? "")"
        )
    }

    /// Whether it is on this machine.
    var isLocal: Bool { (try? UpstreamURL(baseURL))?.reach == .privateNetwork }
}

extension RoutedCombo {
    package init(_ combo: Combo, settings: Settings) {
        // General to special: settings of all combos, then the combo's own.
        let layers = [settings["comboDefaults"], combo.config.root].compactMap { $0 }
        self.init(
            id: combo.id,
            name: combo.name,
            steps: combo.steps.map(Step.init),
            strategy: combo.strategy,
            settings: ComboSettings(layers),
            isActive: combo.isActive,
            allowedProviders: Set(combo.allowedProviders)
        )
    }
}

extension RoutedCombo.Step {
    init(_ step: ComboStep) {
        switch step {
        case .model(let id, let model, let provider, let connection, _, let label):
            self = .model(id: id, model: model, provider: provider, account: connection, label: label)
        case .comboRef(let id, let combo, _, _):
            self = .reference(id: id, combo: combo)
        }
    }
}

extension ComboMapping {
    init(_ mapping: ModelComboMapping) {
        self.init(
            pattern: mapping.pattern,
            comboID: mapping.comboID,
            priority: mapping.priority,
            isEnabled: mapping.isEnabled,
            createdAt: mapping.createdAt.milliseconds
        )
    }
}

extension Price {
    /// The price a user set for a model.
    package init(_ override: PriceOverride) {
        self.init(
            input: override.input,
            output: override.output,
            cachedInput: override.cached,
            cacheCreation: override.cacheCreation,
            reasoning: override.reasoning
        )
    }
}

extension Catalogue {
    /// The price of a model in a configuration: the user's, else the list price, else unknown.
    package func price(provider: String, model: String, in configuration: Configuration) -> Price? {
        let overrides = configuration.pricingOverrides[provider]
        return price(provider: provider, model: model, override: overrides?[model].map(Price.init))
    }

    /// The same for a target, which remembers its list price.
    package func price(of target: RouteTarget, in configuration: Configuration) -> Price? {
        let (provider, model) = (target.provider, target.model)
        guard configuration.pricingOverrides[provider]?[model] != nil else { return target.listPrice(in: self) }
        return price(provider: provider, model: model, in: configuration)
    }
}
