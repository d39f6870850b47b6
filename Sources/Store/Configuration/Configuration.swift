package import CryptoCore
package import JSONCore

/// Everything requests need to know, as of one moment; never changes.
///
/// A request takes one reference at its start and keeps it, so that it sees one consistent world.
package final class Configuration: Sendable {
    /// Rises with every change.
    package let version: Int
    let connectionTable: ConnectionTable
    let nodeTable: NodeTable
    let comboTable: ComboTable
    let keyTable: KeyTable
    let valueTable: ValueTable
    let sessionTable: SessionTable

    init(
        version: Int,
        connections: ConnectionTable,
        nodes: NodeTable,
        combos: ComboTable,
        keys: KeyTable,
        values: ValueTable,
        sessions: SessionTable
    ) {
        self.version = version
        (connectionTable, nodeTable, comboTable, keyTable) = (connections, nodes, combos, keys)
        (valueTable, sessionTable) = (values, sessions)
    }

    /// The next version, with some parts exchanged; the others are shared.
    func replacing(
        connections: ConnectionTable? = nil,
        nodes: NodeTable? = nil,
        combos: ComboTable? = nil,
        keys: KeyTable? = nil,
        values: ValueTable? = nil,
        sessions: SessionTable? = nil
    ) -> Configuration {
        Configuration(
            version: version + 1,
            connections: connections ?? connectionTable,
            nodes: nodes ?? nodeTable,
            combos: combos ?? comboTable,
            keys: keys ?? keyTable,
            values: values ?? valueTable,
            sessions: sessions ?? sessionTable
        )
    }

    // MARK: - Accounts

    /// All connections by priority, then latest change first.
    package var connections: [Connection] { connectionTable.all }
    /// The connections of each provider in the order they are tried, switched-off ones included.
    package var connectionsByProvider: [String: [Connection]] { connectionTable.byProvider }
    /// A connection by id.
    package func connection(_ id: String) -> Connection? { connectionTable.byID[id] }

    /// All nodes, oldest first.
    package var nodes: [ProviderNode] { nodeTable.all }
    /// Nodes by their prefix in lower case.
    package var nodesByPrefix: [String: ProviderNode] { nodeTable.byPrefix }
    /// A node by id.
    package func node(_ id: String) -> ProviderNode? { nodeTable.byID[id] }

    // MARK: - Models

    /// All combos by sort order.
    package var combos: [Combo] { comboTable.all }
    package var combosByName: [String: Combo] { comboTable.byName }
    /// A combo by id.
    package func combo(_ id: String) -> Combo? { comboTable.byID[id] }
    /// Rules that send model names to combos, the first match counts.
    package var comboMappings: [ModelComboMapping] { comboTable.mappings }
    /// Alias → `provider/model`.
    package var modelAliases: [String: String] { valueTable.modelAliases }
    /// Provider → model → prices set by the user.
    package var pricingOverrides: [String: [String: PriceOverride]] { valueTable.pricingOverrides }

    // MARK: - Keys and sessions

    /// All API keys, oldest first.
    package var keys: [APIKey] { keyTable.all }
    package var keysByDigest: [Digest: APIKey] { keyTable.byDigest }
    /// A key by id.
    package func key(_ id: String) -> APIKey? { keyTable.byID[id] }
    /// Sessions made under another number are void.
    package var sessionEpoch: Int { sessionTable.epoch }
    /// True for a session that was ended before its time.
    package func isSessionDenied(_ jti: String) -> Bool { sessionTable.denied.contains(jti) }
    /// True once an administrator's password exists.
    package var hasPassword: Bool { value("settings", "password")?.string?.isEmpty == false }
    /// True while the password is one that the documentation prints: it may only be changed, from this machine.
    package var mustChangePassword: Bool { value("omniAuth", "mustChangePassword")?.bool == true }

    // MARK: - Settings

    package var settings: Settings { valueTable.settings }
    /// The setting that every request asks for; all of them are much to copy.
    package var keepsReasoning: Bool { valueTable.settings.reasoningMemory }
    /// Feature flags as raw text.
    package var featureFlags: [String: String] { valueTable.featureFlags }
    /// A value of any namespace that is kept in memory (all but caches and secrets).
    package func value(_ namespace: String, _ key: String) -> JSONValue? {
        valueTable.values[namespace]?[key]?.root
    }
    /// All values of a namespace.
    package func values(_ namespace: String) -> [String: JSONDocument] { valueTable.values[namespace] ?? [:] }
}
