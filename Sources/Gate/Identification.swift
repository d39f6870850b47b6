import Store
import TimeCore

/// What the credentials of a request prove, before any policy asks for more.
struct Identification: Sendable {
    enum Key: Sendable {
        case none
        case valid(Principal)
        /// A key we do not know.
        case unknown
        /// A key of ours that may not be used, or carriers that contradict each other.
        case refused(Refusal)
    }

    let key: Key
    let session: Session?

    init(_ facts: RequestFacts, source: Source, credentials: some CredentialChecking, now: WallTime) {
        key = Identification.key(facts, source: source, credentials: credentials, now: now)
        session =
            facts.fields.cookies.isEmpty
            ? nil
            : facts.fields.cookieValues(SessionTokens.cookieName).lazy.compactMap { credentials.session(String($0)) }
                .first
    }

    private static func key(
        _ facts: RequestFacts,
        source: Source,
        credentials: some CredentialChecking,
        now: WallTime
    ) -> Key {
        switch PresentedKey(facts) {
        case .none: return .none
        case .conflicting: return .refused(.conflictingKeys)
        case .one(let presented):
            guard let holder = credentials.holder(of: presented) else { return .unknown }
            if case .apiKey(let key) = holder, let refusal = key.refusal(source: source, now: now) {
                return .refused(refusal)
            }
            return .valid(holder)
        }
    }

    /// Whether the client showed a key at all.
    var presentsKey: Bool {
        if case .none = key { false } else { true }
    }
}
