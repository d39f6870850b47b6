import CryptoCore
import Gate
import HTTPCore
import HTTPServer
import JSONCore
import Store

/// `/api/settings/require-login`: whether management needs a login, and the password for it.
struct RequireLoginRoutes: Sendable {
    let services: ManagementServices
    let passwords: PasswordGate

    var routes: [Route] {
        [
            .answering(.get, "/api/settings/require-login", access: .open, with: show),
            // Always protected: what switches protection off must not depend on it.
            .answering(
                .post,
                "/api/settings/require-login",
                access: .alwaysProtected,
                bodyLimit: 4096,
                capabilities: .changesPassword,
                with: change
            ),
            .answering(
                .put,
                "/api/settings/require-login",
                access: .alwaysProtected,
                bodyLimit: 4096,
                capabilities: .changesPassword,
                with: change
            ),
        ]
    }

    private func show(_ call: Call) async throws -> Response {
        .object { writer in
            writer.member("requireLogin", call.configuration.settings.requireLogin)
            writer.member("hasPassword", call.configuration.hasPassword)
            writer.member("setupComplete", call.configuration.settings.setupComplete)
            // Old clients show these two on their login page.
            writer.member("nodeVersion", "OmniRoute \(services.context.version)")
            writer.member("nodeCompatible", true)
        }
    }

    private func change(_ call: Call) async throws -> Response {
        let body = try Body(call)
        let requireLogin = body.optionalBool("requireLogin")
        let password = body.optionalUntrimmedText("password", 1...PasswordRules.maximumLength)
        let current = body.optionalUntrimmedText("currentPassword", 0...PasswordRules.maximumLength)
        if let password, let problem = PasswordRules.problem(with: password) { body.reject("password", problem) }
        if requireLogin == nil, password == nil { body.reject("body", "Expected requireLogin or password") }
        try body.check()
        try await authorise(call, switchesOff: requireLogin == false, newPassword: password, current: current)

        if let requireLogin {
            try await services.store.setSettings(
                ["requireLogin": JSONLiteral.bool(requireLogin)],
                audit: call.audit("settings.require_login", target: "requireLogin", resource: "settings") {
                    $0.member("requireLogin", requireLogin)
                }
            )
        }
        var response = Response.success
        guard let password else { return response }
        try await setPassword(password, call)
        if case .session = call.principal {
            // The change ended all sessions; whoever made it stays logged in.
            response.headers.add("Set-Cookie", SessionStart(services).cookie(isRestricted: false, for: call.source))
        }
        return response
    }

    /// Whoever changes the lock shows the key once more; the operator of the machine and a session that exists for this
    /// purpose need not.
    private func authorise(_ call: Call, switchesOff: Bool, newPassword: String?, current: String?) async throws {
        switch call.principal {
        case .localOperator: return
        case .session(let session) where session.isRestricted:
            guard newPassword != nil, !switchesOff else {
                throw Refusal(.forbidden, "This session may only choose a new password.")
            }
        default:
            guard switchesOff || newPassword != nil else { return }
            guard let current, !current.isEmpty else { throw Refusal(.badRequest, "Current password required") }
            try await passwords.check(
                current,
                call: call,
                wrong: Refusal(.unauthorized, "Invalid current password"),
                purpose: "auth.password"
            )
        }
    }

    private func setPassword(_ password: String, _ call: Call) async throws {
        do {
            try await services.store.setPassword(
                Secret(password),
                audit: call.audit("auth.password.changed", target: "dashboard-auth", resource: "auth_session")
            )
        } catch let error as StoreError where error.code == .overloaded {
            throw Refusal(.serviceUnavailable, "Too many logins at once. Try again later.").retry(after: 2)
        }
    }
}
