import Gate
import JSONCore
import Store
import TimeCore

/// The body of `PATCH /api/keys/{id}`, checked.
struct KeyUpdate: Sendable {
    private let name: String?
    private let allowedModels: [String]?
    private let allowedConnections: [String]?
    private let noLog: Bool?
    private let autoResolve: Bool?
    let isActive: Bool?
    let isBanned: Bool?
    private let expiresAt: Patch<WallTime>
    private let maxSessions: Int?
    private let accessSchedule: Patch<AccessSchedule>
    private let rateLimits: Patch<[RateLimit]>
    private let scopes: [String]?
    private let ipAllowlist: Patch<[String]>
    private let maxRequestsPerDay: Patch<Int>
    private let maxRequestsPerMinute: Patch<Int>
    private let streamContinuation: Patch<String>
    private let toolCallGuard: Patch<String>

    init(_ body: Body) throws(Refusal) {
        name = body.optionalText("name", 1...200)
        allowedModels = body.optionalTexts("allowedModels", count: 0...1000, length: 1...500)
        allowedConnections = body.optionalTexts("allowedConnections", count: 0...100, length: 1...100)
        noLog = body.optionalBool("noLog")
        autoResolve = body.optionalBool("autoResolve")
        isActive = body.optionalBool("isActive")
        isBanned = body.optionalBool("isBanned")
        expiresAt = body.patchTime("expiresAt")
        maxSessions = body.optionalInt("maxSessions", 0...10_000)
        accessSchedule = KeyUpdate.schedule(body)
        rateLimits = KeyUpdate.rateLimits(body)
        scopes = KeyUpdate.scopes(body)
        ipAllowlist = KeyUpdate.addresses(body)
        maxRequestsPerDay = body.patchInt("maxRequestsPerDay", 1...Int(Int32.max))
        maxRequestsPerMinute = body.patchInt("maxRequestsPerMinute", 1...Int(Int32.max))
        streamContinuation = body.patchWord("streamContinuation", AnswerPolicyWords.streamContinuation)
        toolCallGuard = body.patchWord("toolCallGuard", AnswerPolicyWords.toolCallGuard)
        try body.check()
        if changedFields.isEmpty { throw Issues.refusal("body", "Nothing to change") }
    }

    func apply(to key: inout APIKey) {
        if let name { key.name = name }
        if let allowedModels { key.allowedModels = allowedModels }
        if let allowedConnections { key.allowedConnections = allowedConnections }
        if let noLog { key.noLog = noLog }
        if let autoResolve { key.autoResolve = autoResolve }
        if let isActive { key.isActive = isActive }
        if let isBanned { key.isBanned = isBanned }
        expiresAt.apply(to: &key.expiresAt)
        if let maxSessions { key.maxSessions = maxSessions }
        accessSchedule.apply(to: &key.accessSchedule)
        if rateLimits.isPresent { key.rateLimits = rateLimits.value ?? [] }
        if let scopes { key.scopes = scopes }
        ipAllowlist.apply(to: &key.ipAllowlist)
        maxRequestsPerDay.apply(to: &key.maxRequestsPerDay)
        maxRequestsPerMinute.apply(to: &key.maxRequestsPerMinute)
        streamContinuation.apply(to: &key.streamContinuation)
        toolCallGuard.apply(to: &key.toolCallGuard)
    }

    /// The names of the fields that the update mentions.
    var changedFields: [String] {
        let fields: [(String, Bool)] = [
            ("name", name != nil), ("allowedModels", allowedModels != nil),
            ("allowedConnections", allowedConnections != nil), ("noLog", noLog != nil),
            ("autoResolve", autoResolve != nil), ("isActive", isActive != nil), ("isBanned", isBanned != nil),
            ("expiresAt", expiresAt.isPresent), ("maxSessions", maxSessions != nil),
            ("accessSchedule", accessSchedule.isPresent), ("rateLimits", rateLimits.isPresent),
            ("scopes", scopes != nil), ("ipAllowlist", ipAllowlist.isPresent),
            ("maxRequestsPerDay", maxRequestsPerDay.isPresent),
            ("maxRequestsPerMinute", maxRequestsPerMinute.isPresent),
            ("streamContinuation", streamContinuation.isPresent), ("toolCallGuard", toolCallGuard.isPresent),
        ]
        return fields.filter(\.1).map(\.0)
    }

    // MARK: - Reading

    static func scopes(_ body: Body) -> [String]? {
        guard let scopes = body.optionalTexts("scopes", count: 0...16, length: 1...64) else { return nil }
        return scopes.reduce(into: []) { unique, scope in if !unique.contains(scope) { unique.append(scope) } }
    }

    private static func schedule(_ body: Body) -> Patch<AccessSchedule> {
        guard let value = body.value["accessSchedule"] else { return .absent }
        if value.isNull { return .cleared }
        guard let schedule = body.optionalObject("accessSchedule") else { return .absent }
        let from = schedule.text("from", 5...5)
        let until = schedule.text("until", 5...5)
        for (name, text) in [("from", from), ("until", until)] where !isClockTime(text) {
            schedule.reject(name, "Expected HH:MM")
        }
        let zone = schedule.text("tz", 1...64)
        if !zone.isEmpty, ZoneDatabase().zone(named: zone) == nil { schedule.reject("tz", "Unknown time zone") }
        let days = schedule.optionalList("days", count: 1...7)?.compactMap { day -> Int? in
            guard let number = day.int, (0...6).contains(number) else {
                schedule.reject("days", "Expected numbers from 0 (Sunday) to 6")
                return nil
            }
            return number
        }
        if days == nil { schedule.reject("days", "Required") }
        return .set(
            AccessSchedule(
                enabled: schedule.optionalBool("enabled") ?? true,
                from: from,
                until: until,
                days: days ?? [],
                zone: zone
            )
        )
    }

    private static func isClockTime(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = Int(parts[0]),
            let minute = Int(parts[1])
        else { return false }
        return (0...23).contains(hour) && (0...59).contains(minute)
    }

    private static func rateLimits(_ body: Body) -> Patch<[RateLimit]> {
        guard let value = body.value["rateLimits"] else { return .absent }
        if value.isNull { return .cleared }
        guard let elements = body.optionalList("rateLimits", count: 0...50) else { return .absent }
        let limits = elements.enumerated().compactMap { index, element -> RateLimit? in
            guard let limit = element["limit"]?.int, let window = element["window"]?.int, limit > 0, window > 0 else {
                body.reject("rateLimits.\(index)", "Expected limit and window, both greater than 0")
                return nil
            }
            return RateLimit(limit: limit, window: window)
        }
        return .set(limits)
    }

    private static func addresses(_ body: Body) -> Patch<[String]> {
        guard let value = body.value["ipAllowlist"] else { return .absent }
        if value.isNull { return .cleared }
        guard let texts = body.optionalTexts("ipAllowlist", count: 0...100, length: 1...64) else { return .absent }
        for (index, text) in texts.enumerated() where AddressRule(text) == nil {
            body.reject("ipAllowlist.\(index)", "Expected an address, a range or a pattern like 10.0.*.*")
        }
        return .set(texts)
    }
}
