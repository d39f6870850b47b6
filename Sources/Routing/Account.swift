package import CryptoCore
package import Providers
package import TimeCore

/// What routing needs to know of a connection: its order, its stored state and the models it is good for.
///
/// A class, because every request passes it on several times.
package final class Account: Sendable, Identifiable {
    package enum Kind: Sendable, Hashable, CaseIterable {
        /// A signed-in subscription.
        case oauth
        /// An API key.
        case apiKey
        /// A server on this machine or in the local network.
        case local
    }

    /// Id of the connection; ``noAuthenticationID`` when the provider wants none.
    package let id: String
    /// Id of the provider or node it belongs to.
    package let provider: String
    /// What the user calls it.
    package let name: String?
    package let kind: Kind
    package let isActive: Bool
    /// 1 is tried first.
    package let priority: Int
    /// Later wins among equal priorities.
    package let updatedAt: WallTime
    package let options: ConnectionOptions
    /// The key, or the access token of a subscription.
    package let credential: Secret?
    /// A failing model is locked by itself, because limits of this provider hold per model.
    package let locksModels: Bool
    package let stored: StoredHealth

    package static let noAuthenticationID = "noauth"

    package init(
        id: String,
        provider: String,
        name: String? = nil,
        kind: Kind = .apiKey,
        isActive: Bool = true,
        priority: Int = 1,
        updatedAt: WallTime = WallTime(milliseconds: 0),
        options: ConnectionOptions = ConnectionOptions(),
        credential: Secret? = nil,
        locksModels: Bool = false,
        stored: StoredHealth = StoredHealth()
    ) {
        self.id = id
        self.provider = provider
        self.name = name
        self.kind = kind
        self.isActive = isActive
        self.priority = priority
        self.updatedAt = updatedAt
        self.options = options
        self.credential = credential
        self.locksModels = locksModels
        self.stored = stored
    }

    /// The stand-in for a connection of a provider that wants no credential.
    package static func withoutAuthentication(_ provider: Provider) -> Account {
        Account(
            id: noAuthenticationID,
            provider: provider.id,
            kind: provider.category == .local ? .local : .apiKey,
            locksModels: true
        )
    }

    /// Whether there is a stored connection behind it.
    package var isStored: Bool { id != Self.noAuthenticationID }

    /// Distinguishes the health of stand-ins of different providers.
    var healthKey: String { isStored ? id : "noauth:" + provider }

    /// The order in which accounts are tried: by priority, newest first among equals.
    static func precedes(_ left: Account, _ right: Account) -> Bool {
        left.priority != right.priority ? left.priority < right.priority : left.updatedAt > right.updatedAt
    }
}

/// State of a connection as the store last saw it; the starting point after a restart.
package struct StoredHealth: Sendable, Equatable {
    package var testStatus: String? {
        didSet { terminal = testStatus.flatMap(TerminalState.init(rawValue:)) }
    }
    /// The final state that `testStatus` names, if it names one.
    package private(set) var terminal: TerminalState?
    package var rateLimitedUntil: WallTime?
    package var backoffLevel: Int
    package var lastError: String?
    /// HTTP status of the last failure.
    package var errorCode: Int?
    /// When the user last had the connection tested; a passed test leaves `testStatus` active.
    package var lastTested: WallTime?

    package init(
        testStatus: String? = nil,
        rateLimitedUntil: WallTime? = nil,
        backoffLevel: Int = 0,
        lastError: String? = nil,
        errorCode: Int? = nil,
        lastTested: WallTime? = nil
    ) {
        self.testStatus = testStatus
        terminal = testStatus.flatMap(TerminalState.init(rawValue:))
        self.rateLimitedUntil = rateLimitedUntil
        self.backoffLevel = backoffLevel
        self.lastError = lastError
        self.errorCode = errorCode
        self.lastTested = lastTested
    }

    /// Whether a test passed after a moment.
    func passedTest(after moment: WallTime) -> Bool {
        testStatus == "active" && lastTested.map { $0 > moment } ?? false
    }
}

/// States of an account that only the user, or a successful test, ends.
package enum TerminalState: String, Sendable, CaseIterable {
    case creditsExhausted = "credits_exhausted"
    case banned
    case expired
    case deactivated

    /// What the user reads about it.
    var text: String {
        switch self {
        case .creditsExhausted: "credits exhausted"
        case .banned: "banned by upstream"
        case .expired: "authentication expired"
        case .deactivated: "deactivated by upstream"
        }
    }
}
