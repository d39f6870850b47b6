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
        /// Say no; boxed, because refusals are large and rare.
        indirect case refuse(Refusal)
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
package final class Passage: Sendable {
    package let route: Route
    package let parameters: [String: String]
    package let principal: Principal
    /// Whether the request may see and do what management routes allow.
    package let canManage: Bool
    package let bodyLimit: Int

    init(route: Route, parameters: [String: String], principal: Principal, canManage: Bool, bodyLimit: Int) {
        self.route = route
        self.parameters = parameters
        self.principal = principal
        self.canManage = canManage
        self.bodyLimit = bodyLimit
    }
}

/// What the gate judges by, the same for every request until an administrator changes something.
package final class GateRules: Sendable {
    package let table: RouteTable
    package let policy: GatePolicy
    package let settings: GateSettings

    package init(table: RouteTable, policy: GatePolicy, settings: GateSettings) {
        self.table = table
        self.policy = policy
        self.settings = settings
    }
}

/// The authorization gate as a function: from the facts of a request to a verdict, without side effects.
///
/// The order is that of the specification: host, route, locality, load, body size, cross-origin, credentials, policy.
package struct GateDecision<Credentials: CredentialChecking> {
    let rules: GateRules
    let credentials: Credentials
    let now: WallTime
    let ownUID: Int
    let isDraining: Bool
    let isOverloaded: Bool
    /// There is no room for more usage records.
    let isJournalFull: Bool
    /// What the table says to the request, if it has been asked before.
    var knownMatch: RouteMatch<Int>? = nil

    package func verdict(_ facts: RequestFacts) -> Verdict {
        let source = Source(facts, trust: rules.policy.proxyTrust, ownUID: ownUID)
        do throws(Refusal) {
            try checkHost(facts, source)
        } catch {
            return Verdict(outcome: .refuse(error), errors: ErrorStyle(guessedFrom: facts), source: source)
        }
        switch knownMatch ?? rules.table.match(facts.method, facts.target) {
        case .found(let index, let parameters):
            return verdict(on: rules.table.routes[index], parameters, facts, source)
        case .methodNotAllowed(let allowed):
            let verdict = Verdict(
                outcome: .refuse(.methodNotAllowed(allowed)),
                errors: ErrorStyle(guessedFrom: facts),
                source: source
            )
            return facts.method == .options ? preflight(facts, allowed: allowed, verdict) : verdict
        case .notFound: return unknownRoute(facts, source)
        }
    }

    /// Refuses a name that is not ours; saying none is allowed.
    private func checkHost(_ facts: RequestFacts, _ source: Source) throws(Refusal) {
        guard let text = facts.fields.host, !text.isEmpty else { return }
        guard let authority = facts.authority else { throw .malformedHost }
        // The usual name is asked about before the policy, which would be copied for the question.
        let isKnown = source.isOperator || authority.isLoopbackName || rules.policy.isOwnHost(authority)
        guard isKnown else { throw .foreignHost }
    }

    /// Below `/api` strangers are not told what exists.
    private func unknownRoute(_ facts: RequestFacts, _ source: Source) -> Verdict {
        var verdict = Verdict(
            outcome: .refuse(.unknownRoute),
            errors: ErrorStyle(guessedFrom: facts),
            source: source
        )
        guard case .management = verdict.errors, facts.target.segments.first == "api", facts.method != .options else {
            return verdict
        }
        let nothing = Route(facts.method, facts.target.path, access: .management) { _ in }
        do throws(Refusal) {
            _ = try check(nothing, facts, source, identify(facts, source)).principal()
        } catch {
            verdict.outcome = .refuse(error)
        }
        return verdict
    }

    private func verdict(
        on route: Route,
        _ parameters: [String: String],
        _ facts: RequestFacts,
        _ source: Source
    ) -> Verdict {
        let errors = route.errors.refined(for: route, by: facts)
        guard facts.method != .options else {
            let verdict = Verdict(
                outcome: .preflight(allowed: []),
                access: route.access,
                errors: errors,
                source: source
            )
            return preflight(facts, allowed: [.options], verdict)
        }
        let outcome: Verdict.Outcome
        var corsHeaders: [HTTPHeaders.Field] = []
        do throws(Refusal) {
            let limit = try admittedSize(route, facts, source)
            let identity = identify(facts, source)
            corsHeaders = self.corsHeaders(facts, access: route.access, carriesKey: identity.presentsKey)
            let check = check(route, facts, source, identity)
            let principal = try check.principal()
            outcome = .proceed(
                Passage(
                    route: route,
                    parameters: parameters,
                    principal: principal,
                    canManage: check.canManage(principal),
                    bodyLimit: limit
                )
            )
        } catch {
            outcome = .refuse(error)
        }
        return Verdict(
            outcome: outcome,
            access: route.access,
            errors: errors,
            source: source,
            corsHeaders: corsHeaders
        )
    }

    /// How large the body may be, if the server takes work at all.
    private func admittedSize(_ route: Route, _ facts: RequestFacts, _ source: Source) throws(Refusal) -> Int {
        if isDraining { throw .draining }
        if isOverloaded, !source.isOperator { throw .overloaded }
        if isJournalFull, route.access == .clientAPI { throw .journalFull }
        let limit =
            switch route.bodyLimit {
            case .configured: rules.settings.bodyLimit ?? rules.policy.bodyLimit
            case .bytes(let limit): limit
            }
        if let length = facts.contentLength, length > limit { throw .tooLarge(limit: limit) }
        return limit
    }

    private func identify(_ facts: RequestFacts, _ source: Source) -> Identification {
        Identification(facts, source: source, credentials: credentials, now: now)
    }

    private func check(
        _ route: Route,
        _ facts: RequestFacts,
        _ source: Source,
        _ identity: Identification
    ) -> PolicyCheck {
        PolicyCheck(facts: facts, route: route, source: source, rules: rules, identity: identity)
    }
}

// MARK: - Cross-origin resource sharing

extension GateDecision {
    /// OPTIONS tells what is possible and asks for no credential: browsers send it without any.
    private func preflight(_ facts: RequestFacts, allowed: [HTTPMethod], _ verdict: Verdict) -> Verdict {
        var verdict = verdict
        verdict.outcome = .preflight(allowed: allowed)
        let method = facts.fields.preflightMethod.map(HTTPMethod.init(rawValue:)) ?? allowed.first ?? .get
        guard case .found(let index, _) = rules.table.match(method, facts.target) else { return verdict }
        let route = rules.table.routes[index]
        verdict.access = route.access
        let asked = facts.fields.preflightHeaders.map(splitList) ?? []
        let willCarryKey =
            !facts.addressKeys.isEmpty
            || asked.contains {
                $0.isASCIIEqual("authorization") || $0.isASCIIEqual("x-api-key") || $0.isASCIIEqual("x-goog-api-key")
            }
        var headers = corsHeaders(facts, access: route.access, carriesKey: willCarryKey)
        guard !headers.isEmpty else { return verdict }
        let permitted = asked.filter { !$0.isEmpty && $0.utf8.allSatisfy(isTokenByte) }.prefix(50)
        let fallback =
            "Content-Type, Authorization, x-api-key, x-goog-api-key, anthropic-version, x-omniroute-connection, "
            + "x-omniroute-strict, accept"
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
        guard let origin = facts.fields.origin, origin.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return [] }
        let name = "Access-Control-Allow-Origin"
        let exposed = HTTPHeaders.Field(name: "Access-Control-Expose-Headers", value: "*")
        let normalized = normalizedOrigin(origin)
        if rules.policy.allowedOrigins.contains(normalized) || rules.settings.lists(normalized) {
            return [.init(name: name, value: origin), .init(name: "Vary", value: "Origin"), exposed]
        }
        guard access == .clientAPI, rules.policy.allowsAnyOriginWithKey, carriesKey else { return [] }
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
