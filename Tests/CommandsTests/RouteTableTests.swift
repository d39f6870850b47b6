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
        GET /v1/models clientAPI
        GET /v1/models/{id...} clientAPI
        POST /v1/chat/completions clientAPI
        POST /v1/messages clientAPI
        POST /v1/messages/count_tokens clientAPI
        POST /v1/providers/{provider}/chat/completions clientAPI
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
                "/api/settings/require-login",
            ]
            for route in core.gate.table.routes {
                switch route.access {
                case .open:
                    #expect(open.contains(route.path) && (route.method == .get || route.path.contains("/auth/")))
                case .clientAPI: #expect(route.path.hasPrefix("/v1/"))
                case .management, .alwaysProtected, .localOnly: #expect(route.path.hasPrefix("/api/"))
                }
            }
        }
    }

    @Test func `model routes are found under all their spellings`() throws {
        try withCore { core in
            for path in [
                "/v1/models", "/api/v1/models", "/v1/v1/models", "/models", "/api/v1/models/openai/gpt-4o",
                "/v1/models/anthropic%2Dx/y",
            ] {
                let match = core.gate.table.match(.get, try RequestTarget.parse(path))
                guard case .found(let index, _) = match else {
                    Issue.record("\(path) is not found")
                    continue
                }
                #expect(core.gate.table.routes[index].access == .clientAPI)
            }
        }
    }
}
