import CryptoCore
import Gate
import HTTPCore
import HTTPServer
import JSONCore
import Store
import TimeCore

/// `/api/provider-nodes*`: endpoints of the user's own that speak OpenAI's or Anthropic's format.
struct NodeRoutes: Sendable {
    let services: ManagementServices

    private var store: Store { services.store }

    var routes: [Route] {
        [
            .answering(.get, "/api/provider-nodes", access: .management, with: list),
            .answering(
                .post,
                "/api/provider-nodes",
                access: .management,
                capabilities: .handlesCredentials,
                with: create
            ),
            .answering(.get, "/api/provider-nodes/{id}", access: .management, with: show),
            // Its connections' keys are sent wherever it points.
            .answering(
                .put,
                "/api/provider-nodes/{id}",
                access: .management,
                capabilities: .handlesCredentials,
                with: update
            ),
            .answering(
                .delete,
                "/api/provider-nodes/{id}",
                access: .management,
                capabilities: .handlesCredentials,
                with: delete
            ),
            .answering(
                .post,
                "/api/provider-nodes/validate",
                access: .management,
                capabilities: .handlesCredentials,
                with: validate
            ),
        ]
    }

    private func list(_ call: Call) async throws -> Response {
        .object { writer in
            writer.list("nodes", call.configuration.nodes) { NodeView.write($1, to: &$0) }
            writer.member("ccCompatibleProviderEnabled", false)
        }
    }

    private func show(_ call: Call) async throws -> Response { NodeView.response(try find(call)) }

    private func find(_ call: Call) throws(Refusal) -> ProviderNode {
        guard let node = call.configuration.node(call[parameter: "id"]) else {
            throw Refusal(.notFound, "Provider node not found")
        }
        return node
    }

    private func create(_ call: Call) async throws -> Response {
        let body = try Body(call)
        if body.value.present("compatMode") != nil {
            throw Refusal(.forbidden, "CC compatible providers are not enabled")
        }
        let input = NodeInput(body, type: nil)
        try body.check()
        let now = services.time.wall()
        let node = input.apply(
            to: ProviderNode(
                id: input.newID(),
                type: input.type,
                name: "",
                prefix: "",
                createdAt: now,
                updatedAt: now
            )
        )
        let entry = call.audit("provider.node.created", target: node.id, resource: "provider_node") {
            $0.member("prefix", node.prefix)
            $0.optional("baseUrl", node.baseURL)
        }
        return NodeView.response(try await store.saveNode(node, audit: entry), status: .created)
    }

    private func update(_ call: Call) async throws -> Response {
        let before = try find(call)
        let body = try Body(call)
        let input = NodeInput(body, type: before.type)
        if body.value.present("baseUrl") == nil { body.reject("baseUrl", "Required") }
        try body.check()
        var node = input.apply(to: before)
        node.updatedAt = services.time.wall()
        let changed = node
        let entry = call.audit("provider.node.updated", target: node.id, resource: "provider_node") {
            $0.optional("before", before.baseURL)
            $0.optional("after", changed.baseURL)
        }
        return NodeView.response(try await store.saveNode(node, audit: entry))
    }

    private func delete(_ call: Call) async throws -> Response {
        let node = try find(call)
        let entry = call.audit("provider.node.deleted", target: node.id, resource: "provider_node") {
            $0.member("prefix", node.prefix)
        }
        try await store.deleteNode(node.id, audit: entry)
        return .success
    }

    /// Tries an endpoint that is not stored yet.
    private func validate(_ call: Call) async throws -> Response {
        let body = try Body(call)
        let type = NodeInput.type(body) ?? .openAICompatible
        let url = body.text("baseUrl", 1...2000)
        ProviderData.checkURL(body, "baseUrl")
        let key = body.optionalText("apiKey", 0...10_000)
        let paths = NodeInput.Paths(body)
        try body.check()
        let now = services.time.wall()
        let node = ProviderNode(
            id: "\(type.rawValue)-validation",
            type: type,
            name: "validation",
            prefix: "validation",
            apiType: "chat",
            baseURL: NodeInput.normalized(url, type: type),
            chatPath: paths.chat,
            modelsPath: paths.models,
            createdAt: now,
            updatedAt: now
        )
        let connection = Connection(
            provider: node.id,
            name: "validation",
            apiKey: key.map { Secret($0) },
            createdAt: now,
            updatedAt: now
        )
        let result = await services.probe.test(connection, node: node, model: nil)
        return .object { writer in
            writer.member("valid", result.isValid)
            writer.nullable("error", result.error)
            writer.optional("warning", result.warning)
            writer.member("method", "models")
        }
    }
}

/// How a node looks from outside.
enum NodeView {
    static func write(_ node: ProviderNode, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", node.id)
        writer.member("type", node.type.rawValue)
        writer.member("name", node.name)
        writer.member("prefix", node.prefix)
        writer.nullable("apiType", node.apiType)
        writer.nullable("baseUrl", node.baseURL)
        writer.nullable("chatPath", node.chatPath)
        writer.nullable("modelsPath", node.modelsPath)
        writer.member("createdAt", node.createdAt.iso8601)
        writer.member("updatedAt", node.updatedAt.iso8601)
        writer.endObject()
    }

    static func response(_ node: ProviderNode, status: HTTPStatus = .ok) -> Response {
        .object(status) { writer in
            writer.key("node")
            write(node, to: &writer)
        }
    }
}
