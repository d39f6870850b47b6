/// All connections with the indexes a request needs.
struct ConnectionTable: Sendable {
    /// By priority, then latest change first, as lists show them.
    let all: [Connection]
    /// In the order they are tried, switched-off ones included.
    let byProvider: [String: [Connection]]
    let byID: [String: Connection]

    init(_ connections: [Connection]) {
        var byProvider: [String: [Connection]] = [:]
        var byID: [String: Connection] = [:]
        byID.reserveCapacity(connections.count)
        all = connections.sorted(by: Self.precedes)
        for connection in all {
            byProvider[connection.provider, default: []].append(connection)
            byID[connection.id] = connection
        }
        self.byProvider = byProvider
        self.byID = byID
    }

    /// The same table with all connections of one provider exchanged.
    func replacing(provider: String, with connections: [Connection]) -> ConnectionTable {
        ConnectionTable(all.filter { $0.provider != provider } + connections)
    }

    private static func precedes(_ left: Connection, _ right: Connection) -> Bool {
        if left.priority != right.priority { return left.priority < right.priority }
        if left.updatedAt != right.updatedAt { return left.updatedAt > right.updatedAt }
        return left.id < right.id
    }
}

/// All provider nodes with their indexes.
struct NodeTable: Sendable {
    let all: [ProviderNode]
    let byID: [String: ProviderNode]
    /// Prefixes in lower case; of two nodes with one prefix the older one counts.
    let byPrefix: [String: ProviderNode]

    init(_ nodes: [ProviderNode]) {
        all = nodes
        byID = Dictionary(nodes.map { ($0.id, $0) }) { first, _ in first }
        byPrefix = Dictionary(nodes.map { ($0.prefix.lowercased(), $0) }) { first, _ in first }
    }
}

/// All combos with their indexes.
struct ComboTable: Sendable {
    /// By sort order.
    let all: [Combo]
    let byID: [String: Combo]
    let byName: [String: Combo]
    /// Highest priority first, then the oldest.
    let mappings: [ModelComboMapping]

    init(_ combos: [Combo], mappings: [ModelComboMapping]) {
        all = combos
        byID = Dictionary(combos.map { ($0.id, $0) }) { first, _ in first }
        byName = Dictionary(combos.map { ($0.name, $0) }) { first, _ in first }
        self.mappings = mappings
    }
}
