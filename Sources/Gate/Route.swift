package import Dialects
package import HTTPCore
package import HTTPServer

/// In whose language a route reports errors.
package enum ErrorStyle: Sendable, Hashable {
    /// The error body of a model API.
    case dialect(Dialect)
    /// The shapes of the management API.
    case management
}

/// How many body bytes a route takes.
package enum BodyLimit: Sendable, Hashable, ExpressibleByIntegerLiteral {
    /// `MAX_BODY_SIZE_BYTES` or the setting that overrides it.
    case configured
    /// A limit of the route's own.
    case bytes(Int)

    package init(integerLiteral value: Int) {
        self = .bytes(value)
    }
}

/// One entry of the route table: what is served, to whom, and by which handler.
package final class Route: Sendable {
    /// Answers one call; an error it throws is rendered by the gate.
    package typealias Handler = @Sendable (Call) async throws -> Void

    package let method: HTTPMethod
    /// A pattern of `Router`: `/v1/models/{id}`, or `/v1beta/models/{path...}`.
    package let path: String
    /// The class after the demands of the capabilities.
    package let access: Access
    package let bodyLimit: BodyLimit
    package let errors: ErrorStyle
    package let capabilities: Capabilities
    package let handler: Handler

    package init(
        _ method: HTTPMethod,
        _ path: String,
        access: Access,
        bodyLimit: BodyLimit = .configured,
        errors: ErrorStyle = .management,
        capabilities: Capabilities = [],
        handler: @escaping Handler
    ) {
        let isPowerful = !capabilities.subtracting(.changesPassword).isEmpty
        precondition(!isPowerful || access.isManagement, "a route with such capabilities must be a management route")
        self.method = method
        self.path = path
        self.access = access.tightened(by: capabilities)
        self.bodyLimit = bodyLimit
        self.errors = errors
        self.capabilities = capabilities
        self.handler = handler
    }

    /// A route whose handler returns its whole answer.
    package static func answering(
        _ method: HTTPMethod,
        _ path: String,
        access: Access,
        bodyLimit: BodyLimit = .configured,
        errors: ErrorStyle = .management,
        capabilities: Capabilities = [],
        with answer: @escaping @Sendable (Call) async throws -> Response
    ) -> Route {
        Route(
            method,
            path,
            access: access,
            bodyLimit: bodyLimit,
            errors: errors,
            capabilities: capabilities
        ) { call in
            call.respond(try await answer(call))
        }
    }

    /// The other spellings under which the route is reachable: clients are pointed at `/api/v1`, and some add a
    /// second `/v1` to a base URL that has one.
    package var aliases: [String] {
        guard access == .clientAPI else { return [] }
        var aliases = ["/api" + path, "/v1" + path]
        guard path.hasPrefix("/v1/") else { return aliases }
        let bare = String(path.dropFirst(3))
        if Route.bareBeginnings.contains(where: bare.hasPrefix) { aliases.append(bare) }
        // Codex takes the address that it is given for that of a vendor.
        if bare.hasPrefix("/responses") { aliases.append("/codex" + bare) }
        return aliases
    }

    /// What some clients ask for without a version; `/api` is where Ollama's own paths begin.
    private static let bareBeginnings = ["/chat/completions", "/responses", "/models", "/api/"]
}
