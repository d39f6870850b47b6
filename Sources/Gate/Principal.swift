package import Store
package import TimeCore

/// On whose behalf a request runs.
package enum Principal: Sendable {
    /// Nobody in particular.
    case anonymous
    /// The holder of a key made here.
    case apiKey(KeyHolder)
    /// The holder of `OMNIROUTE_API_KEY` or `ROUTER_API_KEY`.
    case environmentKey
    /// Somebody who logged in.
    case session(Session)
    /// The user who runs the server, on this machine.
    case localOperator

    /// The key behind the request, if it is one of ours.
    package var key: APIKey? {
        if case .apiKey(let holder) = self { holder.key } else { nil }
    }

    /// Whether the principal may manage the server.
    package var hasManagementScope: Bool {
        switch self {
        case .anonymous: false
        case .apiKey(let holder): holder.key.scopes.contains { $0 == "manage" || $0 == "admin" }
        case .environmentKey, .localOperator: true
        case .session(let session): !session.isRestricted
        }
    }

    /// Whether a browser sends the proof of identity by itself, so that the page behind a request must be checked.
    var isAmbient: Bool {
        switch self {
        case .anonymous, .session: true
        case .apiKey, .environmentKey, .localOperator: false
        }
    }

    /// The name in audit rows.
    package var auditName: String {
        switch self {
        case .anonymous: "anonymous"
        case .apiKey(let holder): "key:\(holder.key.id)"
        case .environmentKey: "env-key"
        case .session(let session): "session:\(session.id)"
        case .localOperator: "local"
        }
    }
}

/// What a session cookie says, after its signature was checked.
package struct Session: Sendable, Hashable {
    /// The token's id, by which a logout names it.
    package let id: String
    package let issuedAt: WallTime
    package let expiresAt: WallTime
    /// The generation of sessions it belongs to; a password change starts a new one.
    package let epoch: Int
    /// Whether it was opened with a published password and may only choose a new one.
    package let isRestricted: Bool

    package init(id: String, issuedAt: WallTime, expiresAt: WallTime, epoch: Int, isRestricted: Bool) {
        self.id = id
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.epoch = epoch
        self.isRestricted = isRestricted
    }
}
