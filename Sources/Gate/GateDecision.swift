package import HTTPCore
import HTTPServer
import Store
import TimeCore

/// What the gate says to one request head.
package struct Verdict: Sendable {
    package enum Outcome: Sendable {
        /// Run the handler.
        case proceed(Passage)
        /// Answer an OPTIONS request.
        case preflight(allowed: [HTTPMethod])
        /// Say no.
        case refuse(Refusal)
    }

    package var outcome: Outcome
    /// The class of the route; `nil` when there is none.
    package var access: Access?
    package var errors: ErrorStyle
    package var source: Source
    /// Cross-origin headers for the answer.
    package var corsHeaders: [HTTPHeaders.Field] = []
}

/// A request that may go on.
package struct Passage: Sendable {
    /// Position in the route table.
    package let route: Int
    package let parameters: [String: String]
    package let principal: Principal
    /// Whether the request may see and do what management routes allow.
    package let canManage: Bool
    package let bodyLimit: Int
}

/// The authorization gate as a function: from the facts of a request to a verdict, without side effects.
///
/// The order is that of the specification: host, route, locality, load, body size, cross-origin, credentials, policy.
package struct GateDecision<Credentials: CredentialChecking> {
    let table: RouteTable
    let policy: GatePolicy
    let settings: GateSettings
    let credentials: Credentials
    let now: WallTime
    let ownUID: Int
    let isDraining: Bool
    let isOverloaded: Bool

    package func verdict(_ facts: RequestFacts) -> Verdict {
        let source = Source(facts, policy: policy, ownUID: ownUID)
        var verdict = Verdict(
            outcome: .refuse(.unknownRoute),
            access: nil,
            errors: ErrorStyle(guessedFrom: facts),
            source: source
        )
        var host: Authority?
        if let text = facts.host, !text.isEmpty {
            guard let authority = Authority(text) else { return verdict.refusing(.malformedHost) }
            guard source.isOperator || policy.isOwnHost(authority) else { return verdict.refusing(.foreignHost) }
            host = authority
        }
        switch table.match(facts.method, facts.target) {
        case .notFound: return unknownRoute(facts, host: host, verdict)
        case .methodNotAllowed(let allowed):
            guard facts.method == .options else { return verdict.refusing(.methodNotAllowed(allowed)) }
            return preflight(facts, allowed: allowed, verdict)
        case .found(let index, let parameters):
            let route = table.routes[index]
            verdict.access = route.access
            verdict.errors = route.errors.refined(for: route, by: facts)
            if facts.method == .options { return preflight(facts, allowed: [.options], verdict) }
            do throws(Refusal) {
                let passage = try passage(facts, index: index, parameters: parameters, host: host, verdict: &verdict)
                return verdict.proceeding(passage)
            } catch {
                return verdict.refusing(error)
            }
        }
    }

    /// Below `/api` strangers are not told what exists.
    private func unknownRoute(_ facts: RequestFacts, host: Authority?, _ verdict: Verdict) -> Verdict {
        guard case .management = verdict.errors, facts.target.segments.first == "api", facts.method != .options else {
            return verdict
        }
        let nothing = Route(facts.method, facts.target.path, access: .management) { _ in }
        let identity = Identification(facts, source: verdict.source, credentials: credentials, now: now)
        let check = PolicyCheck(
            facts: facts,
            route: nothing,
            source: verdict.source,
            host: host,
            policy: policy,
            settings: settings,
            identity: identity
        )
        do throws(Refusal) {
            _ = try check.principal()
            return verdict
        } catch {
            return verdict.refusing(error)
        }
    }

    private func passage(
        _ facts: RequestFacts,
        index: Int,
        parameters: [String: String],
        host: Authority?,
        verdict: inout Verdict
    ) throws(Refusal) -> Passage {
        let route = table.routes[index]
        let source = verdict.source
        if isDraining { throw .draining }
        if isOverloaded, !source.isOperator { throw .overloaded }
        let limit = limit(of: route)
        if let length = facts.contentLength, length > limit { throw .tooLarge(limit: limit) }

        let identity = Identification(facts, source: source, credentials: credentials, now: now)
        verdict.corsHeaders = corsHeaders(facts, access: route.access, carriesKey: identity.presentsKey)
        let check = PolicyCheck(
            facts: facts,
            route: route,
            source: source,
            host: host,
            policy: policy,
            settings: settings,
            identity: identity
        )
        let principal = try check.principal()
        return Passage(
            route: index,
            parameters: parameters,
            principal: principal,
            canManage: check.canManage(principal),
            bodyLimit: limit
        )
    }

    private func limit(of route: Route) -> Int {
        switch route.bodyLimit {
        case .configured: settings.bodyLimit ?? policy.bodyLimit
        case .bytes(let limit): limit
        }
    }
}

extension Verdict {
    fileprivate func refusing(_ refusal: Refusal) -> Verdict {
        var copy = self
        copy.outcome = .refuse(refusal)
        return copy
    }

    fileprivate func proceeding(_ passage: Passage) -> Verdict {
        var copy = self
        copy.outcome = .proceed(passage)
        return copy
    }
}

// MARK: - Cross-origin resource sharing

extension GateDecision {
    /// OPTIONS tells what is possible and asks for no credential: browsers send it without any.
    private func preflight(_ facts: RequestFacts, allowed: [HTTPMethod], _ verdict: Verdict) -> Verdict {
        var verdict = verdict
        verdict.outcome = .preflight(allowed: allowed)
        let method = facts.preflightMethod.map(HTTPMethod.init(rawValue:)) ?? allowed.first ?? .get
        guard case .found(let index, _) = table.match(method, facts.target) else { return verdict }
        let route = table.routes[index]
        verdict.access = route.access
        let asked = facts.preflightHeaders.map(splitList) ?? []
        let willCarryKey = asked.contains { $0.isASCIIEqual("authorization") || $0.isASCIIEqual("x-api-key") }
        var headers = corsHeaders(facts, access: route.access, carriesKey: willCarryKey)
        guard !headers.isEmpty else { return verdict }
        let permitted = asked.filter { !$0.isEmpty && $0.utf8.allSatisfy(isTokenByte) }.prefix(50)
        let fallback = "Content-Type, Authorization, x-api-key, anthropic-version, x-omniroute-connection, accept"
        headers.append(.init(name: "Access-Control-Allow-Methods", value: "GET, POST, PUT, DELETE, PATCH, OPTIONS"))
        headers.append(
            .init(
                name: "Access-Control-Allow-Headers",
                value: permitted.isEmpty ? fallback : permitted.joined(separator: ", ")
            )
        )
        headers.append(.init(name: "Access-Control-Max-Age", value: "600"))
        verdict.corsHeaders = headers
        return verdict
    }

    /// An origin on the list is echoed; any other may read answers of model calls that carry a key, because a page can
    /// only send a key that its user gave to it.
    ///
    /// Cookies are never allowed across origins.
    private func corsHeaders(_ facts: RequestFacts, access: Access, carriesKey: Bool) -> [HTTPHeaders.Field] {
        guard let origin = facts.origin, origin.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return [] }
        let name = "Access-Control-Allow-Origin"
        let exposed = HTTPHeaders.Field(name: "Access-Control-Expose-Headers", value: "*")
        let normalized = normalizedOrigin(origin)
        if policy.allowedOrigins.contains(normalized) || settings.lists(normalized) {
            return [.init(name: name, value: origin), .init(name: "Vary", value: "Origin"), exposed]
        }
        guard access == .clientAPI, policy.allowsAnyOriginWithKey, carriesKey else { return [] }
        return [.init(name: name, value: "*"), exposed]
    }
}

/// Whether a byte may stand in a header name.
private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
    default: false
    }
}
