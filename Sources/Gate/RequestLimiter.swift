private import Synchronization
package import TimeCore

/// Counts the requests of every key in windows that are aligned to the epoch.
package final class RequestLimiter: Sendable {
    /// At most `limit` requests in each `window` seconds.
    package struct Rule: Sendable, Hashable {
        package let limit: Int
        package let window: Int

        package init(limit: Int, window: Int) {
            self.limit = limit
            self.window = window
        }
    }

    private struct Counter {
        var window: Int
        var count: Int
    }

    /// Counters by key and window length.
    private let counters = Mutex<[String: [Int: Counter]]>([:])

    package init() {}

    /// A rule that is exhausted, and for how long it stays so.
    package struct Exhaustion: Sendable, Hashable {
        package let window: Int
        package let retryAfter: Int
    }

    /// Counts a request, unless a rule is exhausted: then nothing is counted at all.
    package func admit(_ key: String, rules: [Rule], now: WallTime) -> Exhaustion? {
        guard !rules.isEmpty else { return nil }
        let seconds = now.unixSeconds
        return counters.withLock { counters in
            var mine = counters[key] ?? [:]
            for rule in rules where rule.window > 0 {
                let counter = mine[rule.window]
                let used = counter?.window == seconds / rule.window ? counter?.count ?? 0 : 0
                if used >= rule.limit {
                    return Exhaustion(window: rule.window, retryAfter: rule.window - seconds % rule.window)
                }
            }
            for window in Set(rules.map(\.window)) where window > 0 {
                let index = seconds / window
                let used = mine[window].flatMap { $0.window == index ? $0.count : nil } ?? 0
                mine[window] = Counter(window: index, count: used + 1)
            }
            counters[key] = mine
            return nil
        }
    }

    /// Forgets the counts of keys that are gone.
    package func forget(unless exists: (String) -> Bool) {
        counters.withLock { counters in counters = counters.filter { exists($0.key) } }
    }
}
