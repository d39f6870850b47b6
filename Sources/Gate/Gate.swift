package import CryptoCore
import Dialects
package import HTTPCore
package import HTTPServer
package import LogCore
package import Store
private import Synchronization
package import TimeCore

/// The one way into the server: every request is decided here, and every error becomes an answer here.
///
/// The decision itself is `GateDecision`, a function without side effects; the gate gathers what it needs, counts, and
/// runs the handler.
package final class Gate: RequestHandler {
    /// What the gate needs besides the store.
    package final class Keys: Sendable {
        /// Checks session cookies.
        package let tokens: SessionTokens
        /// SHA-256 of `OMNIROUTE_API_KEY` or `ROUTER_API_KEY`.
        package let environmentKey: Digest?

        package init(tokens: SessionTokens, environmentKey: Digest?) {
            self.tokens = tokens
            self.environmentKey = environmentKey
        }
    }

    package let table: RouteTable
    package let policy: GatePolicy
    package let load: Load
    private let store: Store
    private let keys: Keys
    private let limiter = RequestLimiter()
    /// The rules under the latest configuration that a request came with.
    private let latest: Mutex<(rules: GateRules, configuration: Configuration)>
    private let time: any TimeSource
    private let log: Logger
    private let ownUID: Int

    package init(
        routes: [Route],
        policy: GatePolicy,
        store: Store,
        keys: Keys,
        load: Load,
        time: any TimeSource,
        log: Logger
    ) {
        table = RouteTable(routes)
        self.policy = policy
        let configuration = store.configuration
        let rules = GateRules(table: table, policy: policy, settings: configuration.gateSettings)
        latest = Mutex((rules, configuration))
        self.store = store
        self.keys = keys
        self.load = load
        self.time = time
        self.log = log
        ownUID = currentUserID()
    }

    // MARK: - RequestHandler

    package func admit(_ head: RequestHead) -> Admission {
        let decided = decide(head)
        switch decided.verdict.outcome {
        case .proceed(let passage): return .accept(bodyLimit: passage.bodyLimit, note: decided)
        case .preflight: return .accept(bodyLimit: 0, note: decided)
        case .refuse: return .refuse(answer(to: decided.verdict, id: requestID(decided)))
        }
    }

    package func handle(_ request: Request, _ exchange: Exchange) async {
        load.begin()
        guard let (route, call) = passed(request, exchange) else { return }
        do {
            try await route.handler(call)
        } catch {
            fail(call, error)
        }
    }

    /// The call that a request becomes; nil if it was refused, which the client has been told then.
    ///
    /// Apart from `handle`, and not inlined: whatever it holds would be memory of each request that waits.
    @inline(never) private func passed(_ request: Request, _ exchange: Exchange) -> (Route, Call)? {
        let decided = request.note as? Decided ?? decide(request.head)
        let (facts, verdict) = (decided.facts, decided.verdict)
        let id = requestID(decided)
        guard case .proceed(let passage) = verdict.outcome else {
            exchange.respond(answer(to: verdict, id: id))
            return nil
        }
        let call = Call(
            facts.fields.hasInternalHeaders ? request.withoutInternalHeaders : request,
            exchange,
            passage,
            verdict,
            requestID: id,
            recordID: facts.fields.requestID == nil ? id : SecureRandom.uuid(at: decided.moment.milliseconds),
            configuration: decided.configuration,
            headers: commonHeaders(verdict, id: id, principal: passage.principal)
        )
        if let refusal = limitRefusal(call, access: passage.route.access) {
            call.refuse(refusal)
            return nil
        }
        return (passage.route, call)
    }

    package func requestEnded() {
        load.end()
    }

    package func refusal(_ status: HTTPStatus, _ reason: String, head: RequestHead?) -> Response {
        let style = head.map { ErrorStyle(guessedFrom: RequestFacts($0)) } ?? .management
        let id = SecureRandom.uuid(at: time.wall().milliseconds)
        var response = Refusal.pipeline(status, "BAD_REQUEST", reason).response(style, requestID: id)
        response.headers.add("x-request-id", id)
        if case .dialect(.anthropicMessages) = style {
            response.headers.add(MessagesRequestID.header, MessagesRequestID.text(id))
        }
        return response
    }

    // MARK: - Deciding

    /// What was decided about a head, kept until its body has arrived: a request is judged once, by one configuration.
    private final class Decided: Sendable {
        let facts: RequestFacts
        let verdict: Verdict
        let configuration: Configuration
        /// When it was decided, which is about when the request came.
        let moment: WallTime

        init(facts: RequestFacts, verdict: Verdict, configuration: Configuration, moment: WallTime) {
            self.facts = facts
            self.verdict = verdict
            self.configuration = configuration
            self.moment = moment
        }
    }

    private func decide(_ head: RequestHead) -> Decided {
        let known = head.memory?.note as? Acquaintance
        let facts = known?.facts.withContentLength(head.contentLength) ?? RequestFacts(head)
        let configuration = store.configuration
        let moment = time.wall()
        let holder = known?.holder(under: configuration)
        var decision = decision(configuration, at: moment, holder)
        decision.knownMatch = known?.match
        let verdict = decision.verdict(facts)
        if let memory = head.memory, known == nil || holder == nil && verdict.keyHolder != nil {
            let match = known?.match ?? table.match(facts.method, facts.target)
            memory.note = Acquaintance(facts, match, verdict, configuration)
        }
        return Decided(facts: facts, verdict: verdict, configuration: configuration, moment: moment)
    }

    private func decision(
        _ configuration: Configuration,
        at now: WallTime,
        _ knownHolder: Principal?
    ) -> GateDecision<StoredCredentials> {
        GateDecision(
            rules: rules(configuration),
            credentials: StoredCredentials(
                store: store,
                configuration: configuration,
                keys: keys,
                now: now,
                knownHolder: knownHolder
            ),
            now: now,
            ownUID: ownUID,
            isDraining: load.isDraining,
            isOverloaded: load.inFlight > policy.maximumInFlight,
            isJournalFull: store.journal.isFull
        )
    }

    private func rules(_ configuration: Configuration) -> GateRules {
        latest.withLock { latest in
            guard latest.configuration !== configuration else { return latest.rules }
            latest.configuration = configuration
            latest.rules = GateRules(table: table, policy: policy, settings: configuration.gateSettings)
            limiter.forget { configuration.key($0) != nil }
            return latest.rules
        }
    }

    /// Counting is not deciding: it happens once, after the decision, and only for requests that go on.
    private func limitRefusal(_ call: Call, access: Access) -> Refusal? {
        guard access == .clientAPI, case .apiKey(let holder) = call.principal, !holder.requestLimits.isEmpty,
            let exhausted = limiter.admit(holder.key.id, rules: holder.requestLimits, now: time.wall())
        else { return nil }
        return Refusal.pipeline(
            .tooManyRequests,
            "RATE_LIMITED",
            "Request limit exceeded (\(exhausted.window)s window). Please try again later."
        ).retry(after: exhausted.retryAfter)
    }

    // MARK: - Answering

    /// The only place where an error of a handler becomes an answer.
    @inline(never) private func fail(_ call: Call, _ error: any Error) {
        guard !call.exchange.hasStarted else {
            log.warn("an answer broke off", .string("request", call.requestID), .string("error", "\(type(of: error))"))
            return call.exchange.abort()
        }
        switch error {
        case is CancellationError, is ClientGone: call.exchange.abort()
        case let refusal as Refusal: call.refuse(refusal)
        case let error as StoreError: call.refuse(Refusal(error))
        case let failure as Failure: call.refuse(failure)
        case let error as DialectError: call.refuse(error.failure)
        default:
            log.error(
                "a handler failed",
                .string("request", call.requestID),
                .string("error", "\(error)")
            )
            call.refuse(Refusal(.internalServerError, "Internal server error", code: "INTERNAL_ERROR"))
        }
    }

    private func answer(to verdict: Verdict, id: String) -> Response {
        var response: Response
        switch verdict.outcome {
        case .refuse(let refusal): response = refusal.response(verdict.errors, requestID: id)
        case .preflight(let allowed):
            response = Response(.noContent)
            response.headers.add("Allow", allowedMethods(allowed))
        case .proceed: response = Response(.internalServerError)
        }
        response.headers.fields += commonHeaders(verdict, id: id, principal: nil)
        return response
    }

    private func commonHeaders(_ verdict: Verdict, id: String, principal: Principal?) -> [HTTPHeaders.Field] {
        var fields: [HTTPHeaders.Field] = []
        fields.reserveCapacity(4)
        fields.append(.init(name: "x-request-id", value: id))
        if case .dialect(.anthropicMessages) = verdict.errors {
            fields.append(.init(name: MessagesRequestID.header, value: MessagesRequestID.text(id)))
        }
        if let access = verdict.access {
            fields.append(.init(name: "x-omniroute-route-class", value: access.routeClass))
        }
        if !verdict.corsHeaders.isEmpty { fields += verdict.corsHeaders }
        if case .management = verdict.errors { fields += managementHeaders }
        if case .session(let session) = principal, let cookie = renewal(of: session, verdict.source) {
            fields.append(.init(name: "Set-Cookie", value: cookie))
        }
        return fields
    }

    private func renewal(of session: Session, _ source: Source) -> String? {
        let now = time.wall()
        guard !session.isRestricted, session.expiresAt - now < SessionTokens.renewalThreshold else { return nil }
        let renewed = SessionTokens.renewed(session, now: now)
        return SessionCookie.set(
            keys.tokens.token(for: renewed),
            isSecure: source.isSecure || policy.forcesSecureCookie
        )
    }

    private func requestID(_ decided: Decided) -> String {
        guard let id = decided.facts.fields.requestID, (1...128).contains(id.utf8.count),
            id.utf8.allSatisfy(isRequestIDByte)
        else {
            return SecureRandom.uuid(at: decided.moment.milliseconds)
        }
        return id
    }
}

/// Management answers hold account data and are shown by nobody's frame.
private let managementHeaders: [HTTPHeaders.Field] = [
    .init(name: "Cache-Control", value: "no-store"),
    .init(name: "X-Content-Type-Options", value: "nosniff"),
    .init(name: "Referrer-Policy", value: "no-referrer"),
    .init(name: "Content-Security-Policy", value: "default-src 'none'; frame-ancestors 'none'"),
]

/// Letters, digits and `-_.:`; anything else could mean something in a log or a header.
private func isRequestIDByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: ":"):
        true
    default: false
    }
}

extension Request {
    /// The request without headers that only the gate may write.
    fileprivate var withoutInternalHeaders: Request {
        var copy = self
        var headers = head.headers
        headers.fields.removeAll { isInternalHeader($0.name.utf8.span) }
        copy.head = head.replacing(headers: headers)
        return copy
    }
}
