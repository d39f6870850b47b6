import Dialects
package import HTTPCore
package import HTTPServer
private import JSONCore
import Store

/// An answer that says no, in whatever shape the route's clients read.
///
/// Handlers throw it; the gate renders it.
package struct Refusal: Error, Sendable {
    /// The four error bodies of the management API.
    package enum Shape: Sendable, Hashable {
        /// `{"error":{"code","message","correlation_id"}}`
        case pipeline
        /// `{"error":"text"}`
        case simple
        /// `{"error":{"message","details":[{"field","message"}]}}`
        case validation
        /// `{"error":{"message","type"},"requestId"}`
        case helper
    }

    /// One invalid field.
    package struct Detail: Sendable, Hashable {
        package let field: String
        package let message: String

        package init(field: String, message: String) {
            self.field = field
            self.message = message
        }
    }

    package var status: HTTPStatus
    package var shape: Shape
    package var code: String
    package var message: String
    /// The member `type` of the pipeline shape, where one is promised.
    package var type: String?
    package var details: [Detail] = []
    package var headers: [HTTPHeaders.Field] = []
    /// Further members of the body, raw JSON by name, for the few answers that carry them.
    package var extras: [(name: String, json: String)] = []

    package init(_ status: HTTPStatus, _ message: String, code: String = "", shape: Shape = .simple) {
        self.status = status
        self.message = message
        self.code = code
        self.shape = shape
    }

    /// The same refusal with a header more.
    package func with(header name: String, _ value: String) -> Refusal {
        var copy = self
        copy.headers.append(HTTPHeaders.Field(name: name, value: value))
        return copy
    }

    /// The same refusal with the number of seconds after which another try may succeed.
    package func retry(after seconds: Int) -> Refusal { with(header: "Retry-After", String(max(1, seconds))) }
}

// MARK: - The gate's own

extension Refusal {
    static func pipeline(_ status: HTTPStatus, _ code: String, _ message: String) -> Refusal {
        Refusal(status, message, code: code, shape: .pipeline)
    }

    static let malformedHost = pipeline(.badRequest, "BAD_HOST", "The Host header is malformed")
    static let foreignHost = pipeline(
        .misdirectedRequest,
        "UNKNOWN_HOST",
        "This server is not known under that name; add it to OMNIROUTE_ALLOWED_HOSTS to use it"
    )
    static let unknownRoute = pipeline(.notFound, "NOT_FOUND", "No such endpoint")
    static let draining = pipeline(.serviceUnavailable, "SERVICE_UNAVAILABLE", "Server is shutting down")
        .with(header: "Retry-After", "5")
    static let overloaded = pipeline(.serviceUnavailable, "OVERLOADED", "Too many requests at once; try again shortly")
        .with(header: "Retry-After", "1")
    static let journalFull = pipeline(
        .serviceUnavailable,
        "OVERLOADED",
        "Usage cannot be recorded fast enough; try again shortly"
    )
    .with(header: "Retry-After", "1")
    static let localOnly = pipeline(.forbidden, "LOCAL_ONLY", "This endpoint is reachable only from this machine")
    static let loginRequired = pipeline(.unauthorized, "AUTH_001", "Authentication required")
    static let badManagementToken = pipeline(.forbidden, "AUTH_001", "Invalid management token")
    static let passwordChangeRequired = pipeline(
        .forbidden,
        "PASSWORD_CHANGE_REQUIRED",
        "This session may only choose a new password (POST /api/settings/require-login)"
    )
    static let keyRequired = pipeline(
        .unauthorized,
        "AUTH_002",
        "An API key is required: send it as Authorization: Bearer <key>, x-api-key or x-goog-api-key"
    )
    static let unknownKey = pipeline(.unauthorized, "AUTH_002", "Invalid API key")
    static let conflictingKeys = pipeline(
        .badRequest,
        "AUTH_003",
        "The request carries different keys; send one of them"
    )
    static let foreignOrigin = pipeline(
        .forbidden,
        "FOREIGN_ORIGIN",
        "Pages of another origin may not do this; list the origin in CORS_ALLOWED_ORIGINS or send an API key"
    )
    static let crossSite = pipeline(.forbidden, "CROSS_SITE", "Requests from pages of another site are refused")
    static let keylessContentType = pipeline(
        .unsupportedMediaType,
        "UNSUPPORTED_MEDIA_TYPE",
        "Send Content-Type: application/json, or an API key"
    )

    static func methodNotAllowed(_ allowed: [HTTPMethod]) -> Refusal {
        pipeline(.methodNotAllowed, "METHOD_NOT_ALLOWED", "Method not allowed")
            .with(header: "Allow", allowedMethods(allowed))
    }

    static func tooLarge(limit: Int) -> Refusal {
        let shown = limit >= 1_048_576 ? "\(limit / 1_048_576) MB" : "\(limit / 1024) KB"
        var refusal = pipeline(
            .contentTooLarge,
            "PAYLOAD_TOO_LARGE",
            "Request body too large. Maximum allowed: \(shown)"
        )
        refusal.type = "payload_too_large"
        return refusal
    }
}

/// The value of `Allow`: HEAD comes with GET, and OPTIONS is always answered.
func allowedMethods(_ methods: [HTTPMethod]) -> String {
    var names = methods.map(\.rawValue)
    if names.contains("GET"), !names.contains("HEAD") { names.append("HEAD") }
    if !names.contains("OPTIONS") { names.append("OPTIONS") }
    return names.joined(separator: ", ")
}

extension Refusal {
    /// What the store refuses, with the status for it.
    init(_ error: StoreError) {
        let status: HTTPStatus =
            switch error.code {
            case .notFound: .notFound
            case .duplicate: .conflict
            case .invalid: .badRequest
            case .overloaded: .serviceUnavailable
            case .wrongStorageKey, .newerSchema, .database: .internalServerError
            }
        let isInternal = status == .internalServerError
        self.init(status, isInternal ? "The database cannot be used right now" : error.message)
        if let existing = error.existingID {
            extras = [("existingId", String(decoding: JSONLiteral.string(existing), as: UTF8.self))]
        }
    }
}

// MARK: - Rendering

extension Refusal {
    /// The whole answer.
    package func response(_ style: ErrorStyle, requestID: String) -> Response {
        var response: Response
        switch style {
        case .dialect(let dialect):
            let failure = Failure(
                FailureKind(status: status.rawValue),
                message,
                status: status.rawValue,
                code: code.isEmpty ? nil : dialectCode,
                retryAfter: retryAfterSeconds
            )
            let rendered = ErrorBody.render(failure, dialect: dialect, requestID: requestID)
            response = Response.json(rendered.body, status: HTTPStatus(rawValue: rendered.status))
        case .management:
            response = Response.json(managementBody(requestID: requestID), status: status)
        }
        for field in headers { response.headers.add(field.name, field.value) }
        return response
    }

    /// Model clients know their providers' codes, not ours.
    private var dialectCode: String? {
        switch status {
        case .unauthorized: "invalid_api_key"
        case .notFound, .forbidden: nil
        default: code.lowercased()
        }
    }

    private var retryAfterSeconds: Int? {
        headers.first { $0.name == "Retry-After" }.flatMap { Int($0.value) }
    }

    private func managementBody(requestID: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        switch shape {
        case .simple:
            writer.member("error", message)
        case .pipeline:
            writer.key("error")
            writer.beginObject()
            writer.member("code", code)
            writer.member("message", message)
            if let type { writer.member("type", type) }
            writer.member("correlation_id", requestID)
            writer.endObject()
        case .validation:
            writer.key("error")
            writer.beginObject()
            writer.member("message", message)
            writeDetails(to: &writer)
            writer.endObject()
        case .helper:
            writer.key("error")
            writer.beginObject()
            writer.member("message", message)
            writer.member("type", code)
            if !details.isEmpty { writeDetails(to: &writer) }
            writer.endObject()
            writer.member("requestId", requestID)
        }
        for extra in extras {
            writer.key(JSONText(extra.name))
            writer.raw(bytes: extra.json.utf8)
        }
        writer.endObject()
        return writer.bytes
    }

    private func writeDetails(to writer: inout JSONWriter) {
        writer.key("details")
        writer.beginArray()
        for detail in details {
            writer.beginObject()
            writer.member("field", detail.field)
            writer.member("message", detail.message)
            writer.endObject()
        }
        writer.endArray()
    }
}
