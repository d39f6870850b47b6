import Dialects
import TimeCore

/// What is remembered of one account.
struct AccountRecord: Sendable, Equatable {
    var terminal: TerminalState?
    var restsUntil: WallTime?
    var level: Int
    var status: Int?
    var message: String?
    var reason: FailureVerdict.Reason?
    var lastFailure: WallTime?
    /// Time of the stored row that holds this state; nil until it is stored.
    var rowTime: WallTime?

    /// After so long without a failure the next one counts as the first.
    static let memory = Duration.seconds(1_800)

    init(_ stored: StoredHealth) {
        terminal = stored.terminal
        restsUntil = stored.rateLimitedUntil
        level = stored.backoffLevel
        status = stored.errorCode
        message = stored.lastError
    }

    /// Whether nothing would change if the account proved to be well.
    var isSound: Bool { terminal == nil && restsUntil == nil && level == 0 && message == nil && status == nil }

    mutating func fail(
        verdict: FailureVerdict,
        rest: Rest,
        isStored: Bool,
        evidence: FailureEvidence,
        at now: WallTime
    ) {
        if let lastFailure, now - lastFailure > Self.memory { level = 0 }
        let end = rest.end(level: level, at: now)
        restsUntil = end.moment > now ? end.moment : nil
        level = end.nextLevel
        // A stand-in for a connection has no user interface in which a final state could be ended.
        terminal = isStored ? verdict.terminal : nil
        status = evidence.status
        message = String(evidence.failure.message.prefix(100))
        reason = verdict.reason
        lastFailure = now
        rowTime = nil
    }

    func change(of account: String) -> HealthChange {
        HealthChange(
            account: account,
            testStatus: terminal?.rawValue ?? (restsUntil == nil && message == nil ? "active" : "unavailable"),
            rateLimitedUntil: restsUntil,
            backoffLevel: level,
            lastError: message,
            lastErrorType: reason?.rawValue,
            errorCode: status,
            lastErrorAt: lastFailure
        )
    }
}

/// How long a failure lets an account or a model rest.
struct Rest {
    let verdict: FailureVerdict
    let profile: ResilienceProfile
    let hint: WallTime?
    let days: DayBoundary

    /// The end of the rest, and the level of the next failure; a trusted hint is used exactly and starts over.
    func end(level: Int, at now: WallTime) -> (moment: WallTime, nextLevel: Int) {
        switch verdict.rest {
        case .none: return (now, level)
        case .fixed(let duration): return (now.advanced(by: duration), level)
        case .base: return (now.advanced(by: profile.base), level)
        case .backoff:
            if profile.trustsHints, let hint { return (hint, 0) }
            return (now.advanced(by: profile.rest(level: level)), min(level + 1, profile.maximumSteps))
        case .hint(let otherwise): return (hint ?? now.advanced(by: otherwise), level)
        case .untilLocalMidnight: return (days.midnight(after: now), level)
        case .untilUTCMidnight: return (DayBoundary.utc.midnight(after: now), level)
        }
    }
}
