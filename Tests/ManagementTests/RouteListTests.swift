import Gate
import HTTPCore
import Testing

@testable import Management

/// The reviewed list of everything that management serves, with its class.
///
/// A new route belongs here.
struct RouteListTests {
    private static let expected = """
        DELETE /api/combos/{id} management
        DELETE /api/keys/{id} alwaysProtected
        DELETE /api/provider-nodes/{id} alwaysProtected
        DELETE /api/providers alwaysProtected
        DELETE /api/providers/{id} alwaysProtected
        GET /api/auth/status open
        GET /api/combos management
        GET /api/combos/{id} management
        GET /api/init open
        GET /api/keys management
        GET /api/keys/{id} management
        GET /api/keys/{id}/reveal alwaysProtected
        GET /api/monitoring/health open
        GET /api/pricing management
        GET /api/pricing/defaults management
        GET /api/provider-nodes management
        GET /api/provider-nodes/{id} management
        GET /api/providers management
        GET /api/providers/{id} management
        GET /api/providers/{id}/models management
        GET /api/settings/require-login open
        GET /api/usage/history management
        GET /api/usage/tool-calls management
        PATCH /api/keys/{id} alwaysProtected
        POST /api/auth/login open
        POST /api/auth/logout open
        POST /api/combos management
        POST /api/combos/reorder management
        POST /api/combos/test management
        POST /api/keys alwaysProtected
        POST /api/keys/{id}/regenerate alwaysProtected
        POST /api/provider-nodes alwaysProtected
        POST /api/provider-nodes/validate alwaysProtected
        POST /api/providers alwaysProtected
        POST /api/providers/validate alwaysProtected
        POST /api/providers/{id}/test management
        POST /api/settings/require-login alwaysProtected
        POST /api/shutdown alwaysProtected
        PUT /api/combos/{id} management
        PUT /api/provider-nodes/{id} alwaysProtected
        PUT /api/providers/{id} alwaysProtected
        PUT /api/settings/require-login alwaysProtected
        """

    @Test func `every route has the class that was decided for it`() throws {
        let server = try TestServer()
        let actual = server.routes.map { "\($0.method) \($0.path) \($0.access)" }.sorted()
        #expect(actual.joined(separator: "\n") == Self.expected)
    }

    @Test func `strangers reach open routes only`() throws {
        let server = try TestServer()
        let stranger = server.stranger()
        for route in server.routes where route.access != .open {
            let path = route.path.replacing("{id}", with: "x")
            let answer = try stranger.send(route.method.rawValue, path)
            #expect(answer.status == 401, "\(route.method) \(path)")
            #expect(answer.header("x-omniroute-route-class") == "MANAGEMENT")
            #expect(answer.header("x-request-id")?.isEmpty == false)
        }
    }
}
