import Gate
import HTTPCore
import HTTPServer
import JSONCore
import Store
import TimeCore

/// Serves `POST /api/auth/login`, `POST /api/auth/logout`, `GET /api/auth/status`.
struct LoginRoutes: Sendable {
    let services: ManagementServices
    let passwords: PasswordGate

    var routes: [Route] {
        [
            .answering(.post, "/api/auth/login", access: .open, bodyLimit: 4096, with: login),
            .answering(.post, "/api/auth/logout", access: .open, bodyLimit: 4096, with: logout),
            .answering(.get, "/api/auth/status", access: .open, with: status),
        ]
    }

    private func login(_ call: Call) async throws -> Response {
        let body = try Body(call)
        let password = body.untrimmedText("password", 1...PasswordRules.maximumLength)
        try body.check()
        try await passwords.check(
            password,
            call: call,
            wrong: Refusal(.unauthorized, "Invalid password"),
            purpose: "auth.login"
        )
        let isRestricted = services.store.configuration.mustChangePassword || PasswordRules.isWeak(password)
        guard !isRestricted || call.source.isLocal else {
            try await services.store.audit(
                call.audit("auth.login.failed", target: "dashboard-auth", resource: "auth_session", status: "failed") {
                    $0.member("reason", "weak password from another machine")
                }
            )
            throw Refusal(
                .forbidden,
                "This password only works on the machine itself, and only to choose another one."
            )
        }
        try await services.store.audit(
            call.audit("auth.login.success", target: "dashboard-auth", resource: "auth_session")
        )
        var response = Response.object { writer in
            writer.member("success", true)
            if isRestricted { writer.member("mustChangePassword", true) }
        }
        response.headers.add("Set-Cookie", SessionStart(services).cookie(isRestricted: isRestricted, for: call.source))
        return response
    }

    private func logout(_ call: Call) async throws -> Response {
        if case .session(let session) = call.principal {
            // Copies of the token may have been renewed: deny it for the longest term there is.
            let until = services.time.wall().advanced(by: SessionTokens.lifetime)
            try await services.store.denySession(
                session.id,
                until: until,
                audit: call.audit("auth.logout.success", target: "dashboard-auth", resource: "auth_session")
            )
        }
        var response = Response.success
        let isSecure = call.source.isSecure || services.policy.forcesSecureCookie
        response.headers.add("Set-Cookie", SessionCookie.cleared(isSecure: isSecure))
        return response
    }

    private func status(_ call: Call) async throws -> Response {
        .object { writer in
            if case .session(let session) = call.principal {
                writer.member("authenticated", true)
                if session.isRestricted { writer.member("mustChangePassword", true) }
            } else {
                writer.member("authenticated", call.principal.hasManagementScope)
            }
        }
    }
}

/// Opens sessions.
struct SessionStart {
    private let services: ManagementServices

    init(_ services: ManagementServices) {
        self.services = services
    }

    /// The cookie of a new session of the present generation.
    func cookie(isRestricted: Bool, for source: Source) -> String {
        let session = SessionTokens.newSession(
            epoch: services.store.configuration.sessionEpoch,
            isRestricted: isRestricted,
            now: services.time.wall()
        )
        return SessionCookie.set(
            services.tokens.token(for: session),
            isSecure: source.isSecure || services.policy.forcesSecureCookie
        )
    }
}
