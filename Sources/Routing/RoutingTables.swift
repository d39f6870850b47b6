import Dialects
package import Providers
import Synchronization

/// One consistent view of everything routing looks up, built when the configuration changes and never altered.
package final class RoutingTables: Sendable {
    package let catalogue: Catalogue
    package let settings: RoutingSettings
    private let accountsByProvider: [String: [Account]]
    private let nodesByPrefix: [String: UpstreamNode]
    private let nodesByID: [String: UpstreamNode]
    private let combosByName: [String: RoutedCombo]
    let mappings: [ComboMapping]
    let aliases: [String: String]
    let wildcards: [WildcardAlias]
    private let remembered = Mutex(Remembered())
    private let identity = Identity()

    /// Tells these tables from all others, for targets that remember what they said and may outlive them.
    final class Identity: Sendable {}

    /// What was worked out before; the tables never change, so it stays true.
    private struct Remembered {
        var resolutions: [String: Resolution] = [:]
        var expansions: [String: ComboExpansion] = [:]
    }

    /// Tables from their parts.
    ///
    /// Of nodes with one prefix the OpenAI-compatible one wins; wildcards come in the order of their definition.
    package init(
        catalogue: Catalogue,
        accounts: [Account] = [],
        nodes: [UpstreamNode] = [],
        combos: [RoutedCombo] = [],
        mappings: [ComboMapping] = [],
        aliases: [String: String] = [:],
        wildcards: [WildcardAlias] = [],
        settings: RoutingSettings = RoutingSettings()
    ) {
        self.catalogue = catalogue
        self.settings = settings
        self.aliases = aliases
        self.wildcards = wildcards.bySpecificity
        self.mappings = mappings.sorted(by: ComboMapping.precedes)
        nodesByID = Dictionary(nodes.map { ($0.id, $0) }) { first, _ in first }
        let ordered = nodes.filter { $0.dialect == .openAIChat } + nodes.filter { $0.dialect != .openAIChat }
        nodesByPrefix = Dictionary(ordered.map { ($0.prefix.lowercased(), $0) }) { first, _ in first }
        combosByName = Dictionary(combos.map { ($0.name, $0) }) { first, _ in first }
        // Connections may name their provider by an alias.
        accountsByProvider = Dictionary(grouping: accounts) { catalogue.provider($0.provider)?.id ?? $0.provider }
            .mapValues { $0.sorted(by: Account.precedes) }
    }

    /// Stored accounts of a provider or node, inactive ones included, in the order in which they are tried.
    package func accounts(of provider: String) -> [Account] { accountsByProvider[provider] ?? [] }

    /// The node with this prefix, in any case, or id.
    package func node(_ prefix: String) -> UpstreamNode? {
        nodesByPrefix.isEmpty ? nil : nodesByPrefix[prefix.lowercased()] ?? nodesByID[prefix]
    }

    /// The combo with this name, case-sensitive.
    package func combo(named name: String) -> RoutedCombo? { combosByName[name] }

    func combo(withID id: String) -> RoutedCombo? { combosByName.values.first { $0.id == id } }

    /// What a name stands for, worked out once; clients choose names, so their number and length are bounded.
    func resolution(of name: String, _ workOut: () -> Resolution) -> Resolution {
        if let known = remembered.withLock({ $0.resolutions[name] }) { return known }
        let resolution = workOut()
        guard name.utf8.count <= 256 else { return resolution }
        remembered.withLock { remembered in
            if remembered.resolutions.count >= 2_048 { remembered.resolutions.removeAll() }
            remembered.resolutions[name] = resolution
        }
        return resolution
    }

    /// The targets of a combo in list order, worked out once for the combos of these tables.
    func expansion(of combo: RoutedCombo, wantsLongContext: Bool) -> ComboExpansion {
        let key = combo.id + (wantsLongContext ? " [1m]" : "")
        if let known = remembered.withLock({ $0.expansions[key] }) { return known }
        let expansion = ComboExpansion(combo, resolver: ModelResolver(self), wantsLongContext: wantsLongContext)
        if combosByName[combo.name]?.id == combo.id { remembered.withLock { $0.expansions[key] = expansion } }
        return expansion
    }

    /// Whether requests to a provider could be sent right away: an active connection, or none needed.
    func isConnected(_ provider: Provider) -> Bool {
        let accounts = accounts(of: provider.id)
        return accounts.contains(where: \.isActive) || (accounts.isEmpty && provider.auth.type == .none)
    }

    /// The accounts to try for a target: the stored ones, or the stand-in of a provider that works without any.
    func candidates(for target: RouteTarget) -> [Account] {
        target.accounts(in: identity) { workOutCandidates(for: target) }
    }

    private func workOutCandidates(for target: RouteTarget) -> [Account] {
        let stored = accounts(of: target.provider)
        guard stored.isEmpty, case .provider(let provider) = target.party, provider.worksWithoutConnection else {
            return stored
        }
        return [.withoutAuthentication(provider)]
    }
}

/// Settings that change how names are resolved.
package struct RoutingSettings: Sendable {
    /// Prefixes of model names are ignored.
    package var stripsModelPrefix: Bool
    /// `auto` and `auto/…` are answered at all.
    package var allowsAutoRouting: Bool
    /// Names of other gateways for well-known models are understood.
    package var understandsForeignNames: Bool

    package init(
        stripsModelPrefix: Bool = false,
        allowsAutoRouting: Bool = true,
        understandsForeignNames: Bool = true
    ) {
        self.stripsModelPrefix = stripsModelPrefix
        self.allowsAutoRouting = allowsAutoRouting
        self.understandsForeignNames = understandsForeignNames
    }
}

/// Sends models whose whole name fits a pattern to a combo.
package struct ComboMapping: Sendable {
    package var pattern: String
    package var comboID: String
    /// Higher is asked first.
    package var priority: Int
    package var isEnabled: Bool
    /// Milliseconds since 1970; older is asked first among equals.
    package var createdAt: Int64

    package init(pattern: String, comboID: String, priority: Int = 0, isEnabled: Bool = true, createdAt: Int64 = 0) {
        self.pattern = pattern
        self.comboID = comboID
        self.priority = priority
        self.isEnabled = isEnabled
        self.createdAt = createdAt
    }

    static func precedes(_ left: ComboMapping, _ right: ComboMapping) -> Bool {
        left.priority != right.priority ? left.priority > right.priority : left.createdAt < right.createdAt
    }
}

/// An alias for every model whose name fits a pattern.
package struct WildcardAlias: Sendable {
    package var pattern: String
    /// Holds a provider prefix.
    package var target: String

    package init(pattern: String, target: String) {
        self.pattern = pattern
        self.target = target
    }

    /// Higher wins: literal characters count for a pattern, wildcards against it.
    var specificity: Int {
        let stars = pattern.count { $0 == "*" }
        let marks = pattern.count { $0 == "?" }
        let literals = pattern.count { $0 != "*" && $0 != "?" && $0 != "/" }
        return 10 * literals - 50 * stars - 5 * marks + pattern.count
    }
}

extension [WildcardAlias] {
    /// The most specific first; equals keep their order.
    fileprivate var bySpecificity: [WildcardAlias] {
        enumerated()
            .sorted { left, right in
                let (a, b) = (left.element.specificity, right.element.specificity)
                return a != b ? a > b : left.offset < right.offset
            }
            .map(\.element)
    }
}

extension Provider {
    /// Whether it answers, perhaps with less, without any connection: no key wanted, a local server, free models for all.
    var worksWithoutConnection: Bool { auth.type == .none || auth.type == .optional || anonymousFallback }
}
