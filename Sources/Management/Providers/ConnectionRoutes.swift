import Gate
import HTTPCore
import HTTPServer
import JSONCore
import Store
import TimeCore

/// `/api/providers` and `/api/providers/{id}`: accounts at providers.
struct ConnectionRoutes: Sendable {
    let services: ManagementServices

    private var store: Store { services.store }

    var routes: [Route] {
        [
            .answering(.get, "/api/providers", access: .management, with: list),
            // A connection decides where its key is sent, so changing one is like seeing its key.
            .answering(.post, "/api/providers", access: .management, capabilities: .handlesCredentials, with: create),
            .answering(
                .delete,
                "/api/providers",
                access: .management,
                capabilities: .handlesCredentials,
                with: deleteSeveral
            ),
            .answering(.get, "/api/providers/{id}", access: .management, with: show),
            .answering(
                .put,
                "/api/providers/{id}",
                access: .management,
                capabilities: .handlesCredentials,
                with: update
            ),
            .answering(
                .delete,
                "/api/providers/{id}",
                access: .management,
                capabilities: .handlesCredentials,
                with: delete
            ),
        ]
    }

    private func list(_ call: Call) async throws -> Response {
        .object { writer in
            writer.list("connections", call.configuration.connections) { ConnectionView.write($1, to: &$0) }
        }
    }

    private func show(_ call: Call) async throws -> Response {
        ConnectionView.response(try find(call))
    }

    private func find(_ call: Call) throws(Refusal) -> Connection {
        guard let connection = call.configuration.connection(call[parameter: "id"]) else {
            throw Refusal(.notFound, "Connection not found")
        }
        return connection
    }

    private func create(_ call: Call) async throws -> Response {
        let body = try Body(call)
        let overwrites = body.optionalBool("overwrite") ?? false
        let input = try NewConnection(body)
        let provider = try ProviderLookup(
            input.provider,
            catalogue: services.catalogue,
            configuration: call.configuration
        )
        guard input.apiKey != nil || provider.isKeyOptional else { throw Issues.refusal("apiKey", "Required") }
        let connection = input.connection(
            provider: provider.id,
            data: provider.completed(input.data),
            now: services.time.wall()
        )
        let entry = call.audit("provider.credentials.created", target: connection.id, resource: "provider_connection") {
            $0.member("provider", provider.id)
            $0.member("name", input.name)
        }
        let saved = try await store.createConnection(
            connection,
            onDuplicate: overwrites ? .overwrite : .reject,
            audit: entry
        )
        return .object(.created) { writer in
            writer.key("connection")
            ConnectionView.write(saved, to: &writer)
            writer.optional("warning", provider.warning)
        }
    }

    private func update(_ call: Call) async throws -> Response {
        let before = try find(call)
        let update = try ConnectionUpdate(try Body(call), provider: before.provider, authType: before.authType)
        var preview = before
        update.apply(to: &preview)
        let after = preview
        let entry = call.audit("provider.credentials.updated", target: before.id, resource: "provider_connection") {
            $0.texts("changedFields", update.fields)
            $0.object("before") { ConnectionAudit.write(before, fields: update.fields, to: &$0) }
            $0.object("after") { ConnectionAudit.write(after, fields: update.fields, to: &$0) }
        }
        let saved = try await store.updateConnection(before.id, audit: entry) { update.apply(to: &$0) }
        return ConnectionView.response(saved)
    }

    private func delete(_ call: Call) async throws -> Response {
        let connection = try find(call)
        let entry = call.audit(
            "provider.credentials.revoked",
            target: connection.id,
            resource: "provider_connection"
        ) { $0.member("provider", connection.provider) }
        try await store.deleteConnection(connection.id, audit: entry)
        return .object { $0.member("message", "Connection deleted successfully") }
    }

    private func deleteSeveral(_ call: Call) async throws -> Response {
        let body = try Body(call)
        let ids = body.texts("ids", count: 1...100, length: 1...100)
        try body.check()
        let entry = call.audit("provider.credentials.batch_revoked", resource: "provider_connection") {
            $0.texts("ids", ids)
        }
        let deleted = try await store.deleteConnections(ids, audit: entry)
        return .object { writer in
            writer.member("message", "\(deleted.count) connections deleted")
            writer.member("deleted", deleted.count)
        }
    }
}

/// What the audit log says about a changed connection.
enum ConnectionAudit {
    /// The named fields as they are shown to clients, which is without secrets.
    static func write(_ connection: Connection, fields: [String], to writer: inout JSONWriter) {
        var shown = JSONWriter()
        ConnectionView.write(connection, to: &shown)
        guard let document = try? JSONDocument.parse(shown.bytes) else { return }
        for member in document.root.members where fields.contains(member.key.string) {
            writer.key(member.key)
            writer.raw(member.value)
        }
    }
}
