import JSONCore
import SQLiteStore

extension Store {
    /// Adds a node or replaces the one with its id; the node's connections learn its new properties.
    ///
    /// - Throws: `duplicate` when another node has the prefix.
    @discardableResult
    package func saveNode(_ node: ProviderNode, audit entry: AuditEntry? = nil) async throws -> ProviderNode {
        try await perform(audit: entry) { mutation in
            let prefix = node.prefix.lowercased()
            if let other = try mutation.nodes.all().first(where: {
                $0.id != node.id && $0.prefix.lowercased() == prefix
            }) {
                throw StoreError(.duplicate, "another node has the prefix \(node.prefix)", existingID: other.id)
            }
            try mutation.nodes.save(node)
            try mutation.propagate(node)
            try mutation.reloadNodes()
            return mutation.configuration.node(node.id) ?? node
        }
    }

    /// Deletes a node and its connections.
    ///
    /// - Throws: `notFound`.
    package func deleteNode(_ id: String, audit entry: AuditEntry? = nil) async throws {
        try await perform(audit: entry) { mutation in
            guard try mutation.database.execute("DELETE FROM provider_nodes WHERE id = ?", [.text(id)]) > 0 else {
                throw StoreError(.notFound, "Provider node not found")
            }
            try mutation.delete(try mutation.connections.all(provider: id))
            try mutation.reloadNodes()
        }
    }
}

extension Mutation {
    /// Copies what connections of a node repeat in their `providerSpecificData`.
    fileprivate mutating func propagate(_ node: ProviderNode) throws {
        let members: [(String, String?)] = [
            ("prefix", node.prefix), ("apiType", node.apiType), ("baseUrl", node.baseURL), ("nodeName", node.name),
            ("chatPath", node.chatPath), ("modelsPath", node.modelsPath),
        ]
        let found = try connections.all(provider: node.id)
        for var connection in found {
            let root = connection.providerSpecificData.root
            var editor = JSONEditor(connection.providerSpecificData)
            for (name, value) in members {
                if let value {
                    editor.setMember(name, of: root, to: JSONLiteral.string(value))
                } else if root.member(name) != nil {
                    editor.removeMember(name, of: root)
                }
            }
            connection.providerSpecificData = try JSONDocument.parse(editor.finish())
            connection.updatedAt = now
            try connections.save(connection)
        }
        if !found.isEmpty { try reloadConnections(of: node.id) }
    }
}
