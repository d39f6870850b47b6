import Foundation
import Gate
import HTTPCore
import HTTPServer
import Store
import Testing

@testable import Commands

/// All routes of the product as it is put together; the management API's own list is in its tests.
struct RouteTableTests {
    private static let clientRoutes = """
        DELETE /v1/responses/{id} clientAPI
        GET / open
        GET /v1/api/ps clientAPI
        GET /v1/api/tags clientAPI
        GET /v1/api/version clientAPI
        GET /v1/models clientAPI
        GET /v1/models/{id...} clientAPI
        GET /v1/responses/{id} clientAPI
        GET /v1/responses/{id}/input_items clientAPI
        GET /v1/vscode/{token}/api/tags clientAPI
        GET /v1/vscode/{token}/api/version clientAPI
        GET /v1alpha/models clientAPI
        GET /v1alpha/models/{id...} clientAPI
        GET /v1beta/models clientAPI
        GET /v1beta/models/{id...} clientAPI
        POST /v1/api/chat clientAPI
        POST /v1/api/generate clientAPI
        POST /v1/api/show clientAPI
        POST /v1/chat/completions clientAPI
        POST /v1/completions clientAPI
        POST /v1/messages clientAPI
        POST /v1/messages/count_tokens clientAPI
        POST /v1/models/{call...} clientAPI
        POST /v1/providers/{provider}/chat/completions clientAPI
        POST /v1/responses clientAPI
        POST /v1/responses/compact clientAPI
        POST /v1/responses/input_tokens clientAPI
        POST /v1/responses/{id}/cancel clientAPI
        POST /v1/vscode/{token}/api/chat clientAPI
        POST /v1/vscode/{token}/api/show clientAPI
        POST /v1alpha/models/{call...} clientAPI
        POST /v1alpha/tunedModels/{call...} clientAPI
        POST /v1beta/models/{call...} clientAPI
        POST /v1beta/tunedModels/{call...} clientAPI
        """

    private func withCore(_ body: (ServerCore) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.path + "/omniroute-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let core = try ServerCore(ServeOptions(), directory: path, process: ["HOME": path], isPrivate: true)
        defer { core.store.close() }
        try body(core)
    }

    @Test func `model clients get the routes that were decided for them`() throws {
        try withCore { core in
            let routes = core.gate.table.routes.filter { !$0.path.hasPrefix("/api/") }
            let lines = routes.map { "\($0.method) \($0.path) \($0.access)" }.sorted()
            #expect(lines.joined(separator: "\n") == Self.clientRoutes)
        }
    }

    @Test func `everything that administers is protected, and nothing else is`() throws {
        try withCore { core in
            let open: Set = [
                "/api/auth/login", "/api/auth/logout", "/api/auth/status", "/api/init", "/api/monitoring/health",
                "/api/settings/require-login", "/",
            ]
            for route in core.gate.table.routes {
                switch route.access {
                case .open:
                    #expect(open.contains(route.path) && (route.method == .get || route.path.contains("/auth/")))
                case .clientAPI: #expect(["v1", "v1beta", "v1alpha"].contains(route.path.split(separator: "/").first))
                case .management, .alwaysProtected, .localOnly: #expect(route.path.hasPrefix("/api/"))
                }
            }
        }
    }

    @Test func `model routes are found under all their spellings`() throws {
        try withCore { core in
            for path in [
                "/v1/models", "/api/v1/models", "/v1/v1/models", "/models", "/api/v1/models/openai/gpt-4o",
                "/v1/models/anthropic%2Dx/y", "/models/openai/gpt-4o", "/v1beta/models", "/api/v1beta/models/a/b",
                "/v1/v1alpha/models", "/api/tags", "/v1/api/tags", "/api/version", "/v1/vscode/t/api/tags",
                "/responses/resp_1", "/codex/responses/resp_1/input_items", "/v1/responses/compact",
            ] {
                try expectClientRoute(.get, path, in: core)
            }
            for path in [
                "/api/chat", "/api/generate", "/api/show", "/v1/v1/api/chat", "/responses", "/codex/responses",
                "/api/v1/responses/resp_1/cancel", "/v1/completions", "/v1/models/a/b:generateContent",
                "/models/a:generateContent", "/v1beta/tunedModels/a:generateContent",
            ] {
                try expectClientRoute(.post, path, in: core)
            }
        }
    }

    private func expectClientRoute(_ method: HTTPMethod, _ path: String, in core: ServerCore) throws {
        let match = core.gate.table.match(method, try RequestTarget.parse(path))
        guard case .found(let index, _) = match else {
            Issue.record("\(path) is not found")
            return
        }
        #expect(core.gate.table.routes[index].access == .clientAPI)
    }
}
