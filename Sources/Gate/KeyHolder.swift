import HTTPCore
package import Store
import TimeCore

/// A key of ours and what follows from it.
///
/// An object, because keys are large: one that is handed on is copied with all its lists.
package final class KeyHolder: Sendable {
    package let key: APIKey
    /// How often the key may be used.
    let requestLimits: [RequestLimiter.Rule]

    package init(_ key: APIKey) {
        self.key = key
        requestLimits = KeyPolicy.rules(of: key)
    }

    /// Why the key may not be used, or `nil`.
    func refusal(source: Source, now: WallTime) -> Refusal? {
        if key.revokedAt != nil { return .unknownKey }
        if !key.isActive { return Self.forbidden("This API key is disabled") }
        if key.isBanned { return Self.forbidden("This API key is banned") }
        if let expiry = key.expiresAt, expiry <= now { return Self.forbidden("This API key has expired") }
        if let address = source.address, let allowed = key.ipAllowlist, !allowed.isEmpty,
            !allowed.contains(where: { AddressRule($0)?.contains(address) == true })
        {
            return Self.forbidden("This API key may not be used from this address")
        }
        if let schedule = key.accessSchedule, !KeyPolicy.isOpen(schedule, at: now) {
            return Self.forbidden("This API key may be used \(schedule.from)–\(schedule.until) \(schedule.zone) only")
        }
        return nil
    }

    private static func forbidden(_ message: String) -> Refusal {
        .pipeline(.forbidden, "AUTH_002", message)
    }
}
