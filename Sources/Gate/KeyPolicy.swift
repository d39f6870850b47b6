import HTTPCore
import Store
import TimeCore

extension Principal {
    // Here and not where they are needed: a key that leaves the principal is copied with all its lists.

    /// Why the principal's key may not be used, or `nil`.
    func refusal(source: Source, now: WallTime) -> Refusal? {
        if case .apiKey(let key) = self { KeyPolicy.refusal(of: key, source: source, now: now) } else { nil }
    }

    /// The request limits of the principal's key.
    var requestLimits: [RequestLimiter.Rule] {
        if case .apiKey(let key) = self { KeyPolicy.rules(of: key) } else { [] }
    }
}

/// What a key's own settings allow, apart from models, accounts and money, which the gateway decides.
enum KeyPolicy {
    private static let zones = ZoneDatabase()

    /// Why a key of ours may not be used, or `nil`.
    static func refusal(of key: APIKey, source: Source, now: WallTime) -> Refusal? {
        if key.revokedAt != nil { return .unknownKey }
        if !key.isActive { return forbidden("This API key is disabled") }
        if key.isBanned { return forbidden("This API key is banned") }
        if let expiry = key.expiresAt, expiry <= now { return forbidden("This API key has expired") }
        if let address = source.address, let allowed = key.ipAllowlist, !allowed.isEmpty,
            !allowed.contains(where: { AddressRule($0)?.contains(address) == true })
        {
            return forbidden("This API key may not be used from this address")
        }
        if let schedule = key.accessSchedule, !isOpen(schedule, at: now) {
            return forbidden("This API key may be used \(schedule.from)–\(schedule.until) \(schedule.zone) only")
        }
        return nil
    }

    /// The request limits of a key: its rules, else the two older fields.
    static func rules(of key: APIKey) -> [RequestLimiter.Rule] {
        if !key.rateLimits.isEmpty {
            return key.rateLimits.map { RequestLimiter.Rule(limit: $0.limit, window: $0.window) }
        }
        var rules: [RequestLimiter.Rule] = []
        if let limit = key.maxRequestsPerDay, limit > 0 { rules.append(.init(limit: limit, window: 86_400)) }
        if let limit = key.maxRequestsPerMinute, limit > 0 { rules.append(.init(limit: limit, window: 60)) }
        return rules
    }

    private static func forbidden(_ message: String) -> Refusal {
        .pipeline(.forbidden, "AUTH_002", message)
    }

    /// Whether a schedule is open; one that names no known zone or no readable time restricts nothing.
    static func isOpen(_ schedule: AccessSchedule, at now: WallTime) -> Bool {
        guard schedule.enabled, let from = minutes(schedule.from), let until = minutes(schedule.until),
            let zone = zones.zone(named: schedule.zone)
        else { return true }
        let (minute, weekday) = zone.clock(at: now.unixSeconds)
        if from <= until { return schedule.days.contains(weekday) && minute >= from && minute < until }
        // Overnight: the hours after midnight belong to the day on which the window opened.
        if minute >= from { return schedule.days.contains(weekday) }
        return minute < until && schedule.days.contains((weekday + 6) % 7)
    }

    /// `HH:MM` in minutes.
    private static func minutes(_ text: String) -> Int? {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]), (0...24).contains(hour),
            (0...59).contains(minute)
        else { return nil }
        return hour * 60 + minute
    }
}
