import Dialects
import HTTPCore
import HTTPServer
import Store
import Testing
import TimeCore

@testable import Gate

/// Credentials that exist in a test: no store, no secrets.
struct TestCredentials: CredentialChecking {
    var keys: [String: APIKey] = [:]
    var environmentKey: String?
    var sessions: [String: Session] = [:]

    func apiKey(_ presented: String) -> APIKey? { keys[presented] }
    func isEnvironmentKey(_ presented: String) -> Bool { presented == environmentKey }
    func session(_ token: String) -> Session? { sessions[token] }
}

let testNow = WallTime(unixSeconds: 1_800_000_000)

extension Session {
    static func alive(isRestricted: Bool = false) -> Session {
        Session(
            id: "s",
            issuedAt: testNow,
            expiresAt: testNow.advanced(by: .seconds(86_400 * 30)),
            epoch: 1,
            isRestricted: isRestricted
        )
    }
}

/// A gate without a server: routes of every class and credentials of every kind.
struct TestGate {
    var policy = GatePolicy(listeners: [IPAddress("127.0.0.1"), IPAddress("::1")].compactMap(\.self))
    var settings = GateSettings()
    var credentials = TestCredentials(
        keys: [
            "sk-client": .fixture(id: "client"), "sk-manage": .fixture(id: "manage", scopes: ["manage"]),
            "sk-off": .fixture(id: "off", isActive: false), "sk-banned": .fixture(id: "banned", isBanned: true),
            "sk-old": .fixture(id: "old", expiresAt: testNow.advanced(by: .seconds(-1))),
            "sk-revoked": .fixture(id: "revoked", revokedAt: testNow.advanced(by: .seconds(-1))),
        ],
        environmentKey: "env-key-0123456789",
        sessions: ["good": .alive(), "weak": .alive(isRestricted: true)]
    )
    var isDraining = false
    var isOverloaded = false
    var isJournalFull = false

    static let routes: [Route] = [
        Route(.get, "/api/open", access: .open) { _ in },
        Route(.post, "/api/open", access: .open) { _ in },
        Route(.get, "/v1/models", access: .clientAPI, errors: .dialect(.openAIChat)) { _ in },
        Route(.get, "/v1/models/{id}", access: .clientAPI, errors: .dialect(.openAIChat)) { _ in },
        Route(.post, "/v1/chat/completions", access: .clientAPI, errors: .dialect(.openAIChat)) { _ in },
        Route(.post, "/v1/messages", access: .clientAPI, errors: .dialect(.anthropicMessages)) { _ in },
        Route(.post, "/v1/models/{call...}", access: .clientAPI, errors: .dialect(.gemini)) { _ in },
        Route(.post, "/v1beta/models/{call...}", access: .clientAPI, errors: .dialect(.gemini)) { _ in },
        Route(.post, "/v1/responses", access: .clientAPI, errors: .dialect(.openAIResponses)) { _ in },
        Route(.get, "/v1/responses/{id}", access: .clientAPI, errors: .dialect(.openAIResponses)) { _ in },
        Route(.post, "/v1/api/chat", access: .clientAPI, errors: .dialect(.ollama)) { _ in },
        Route(.post, "/v1/vscode/{token}/api/chat", access: .clientAPI, errors: .dialect(.ollama)) { _ in },
        Route(.get, "/api/managed", access: .management) { _ in },
        Route(.post, "/api/managed", access: .management) { _ in },
        Route(.post, "/api/password", access: .management, capabilities: .changesPassword) { _ in },
        Route(.post, "/api/stop", access: .management, capabilities: .stopsServer) { _ in },
        Route(.post, "/api/spawn", access: .management, capabilities: .spawns) { _ in },
        Route(.post, "/api/login", access: .open, bodyLimit: 4096) { _ in },
    ]

    func verdict(
        _ method: HTTPMethod,
        _ path: String,
        from peer: String = "127.0.0.1",
        _ headers: [(String, String)] = [],
        length: Int? = nil
    ) throws -> Verdict {
        var fields = HTTPHeaders(headers)
        if !fields.contains("Host") { fields.add("Host", "127.0.0.1:20128") }
        let address: PeerAddress
        if peer == "unix" {
            address = .unix(uid: 1000)
        } else {
            address = .ip(try #require(IPAddress(peer)), port: 40_000)
        }
        let facts = RequestFacts(
            method: method,
            target: try RequestTarget.parse(path),
            headers: fields,
            peer: address,
            contentLength: length
        )
        return GateDecision(
            rules: GateRules(table: RouteTable(Self.routes), policy: policy, settings: settings),
            credentials: credentials,
            now: testNow,
            ownUID: 1000,
            isDraining: isDraining,
            isOverloaded: isOverloaded,
            isJournalFull: isJournalFull
        ).verdict(facts)
    }

    /// The outcome as one short text: `ok anonymous`, `401 AUTH_002`, `preflight`.
    func outcome(
        _ method: HTTPMethod,
        _ path: String,
        from peer: String = "127.0.0.1",
        _ headers: [(String, String)] = [],
        length: Int? = nil
    ) throws -> String {
        switch try verdict(method, path, from: peer, headers, length: length).outcome {
        case .proceed(let passage): "ok \(passage.principal.auditName)"
        case .preflight: "preflight"
        case .refuse(let refusal): "\(refusal.status.rawValue) \(refusal.code)"
        }
    }
}

extension APIKey {
    static func fixture(
        id: String,
        isActive: Bool = true,
        isBanned: Bool = false,
        scopes: [String] = [],
        expiresAt: WallTime? = nil,
        revokedAt: WallTime? = nil
    ) -> APIKey {
        APIKey(
            id: id,
            name: id,
            digest: nil,
            isActive: isActive,
            isBanned: isBanned,
            scopes: scopes,
            expiresAt: expiresAt,
            revokedAt: revokedAt,
            createdAt: testNow
        )
    }
}
