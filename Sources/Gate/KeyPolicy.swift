import HTTPCore
import Store
import TimeCore

/// What a key's own settings allow, apart from models, accounts and money, which the gateway decides.
enum KeyPolicy {
    private static let zones = ZoneDatabase()

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
