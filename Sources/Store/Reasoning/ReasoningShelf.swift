import CryptoCore
import TimeCore

/// Values under one or several keys each, of which the ones used longest ago give way.
struct ReasoningShelf {
    private final class Entry {
        let keys: [Digest]
        let value: [UInt8]
        let expiry: WallTime
        /// When it was last used, counted in uses.
        var use = 0

        init(keys: [Digest], value: [UInt8], expiry: WallTime) {
            (self.keys, self.value, self.expiry) = (keys, value, expiry)
        }
    }

    private let limits: ReasoningVault.Limits
    private var entries: [Digest: Entry] = [:]
    /// Every use in its order, by a key: an entry that is gone must not be held.
    ///
    /// Those of entries that were used again later mean nothing.
    private var uses: [(number: Int, key: Digest)] = []
    private var firstUse = 0
    private var useCount = 0
    private(set) var count = 0
    private(set) var byteCount = 0

    init(limits: ReasoningVault.Limits) {
        self.limits = limits
    }

    mutating func value(for key: Digest, at now: WallTime) -> [UInt8]? {
        guard let entry = entries[key] else { return nil }
        guard now < entry.expiry else {
            remove(entry)
            return nil
        }
        use(entry)
        return entry.value
    }

    func holds(_ key: Digest) -> Bool { entries[key] != nil }

    mutating func keep(_ value: [UInt8], for keys: [Digest], until expiry: WallTime) {
        for key in keys { if let old = entries[key] { remove(old) } }
        let entry = Entry(keys: keys, value: value, expiry: expiry)
        for key in keys { entries[key] = entry }
        count += 1
        byteCount += value.count
        use(entry)
        while count > limits.entries || byteCount > limits.totalBytes, firstUse < uses.count { dropOldestUse() }
    }

    private mutating func use(_ entry: Entry) {
        guard let key = entry.keys.first else { return }
        useCount += 1
        entry.use = useCount
        uses.append((useCount, key))
        guard uses.count > 4 * count + 64 else { return }
        uses = uses[firstUse...].filter { entries[$0.key]?.use == $0.number }
        firstUse = 0
    }

    private mutating func dropOldestUse() {
        let oldest = uses[firstUse]
        firstUse += 1
        if let entry = entries[oldest.key], entry.use == oldest.number { remove(entry) }
    }

    private mutating func remove(_ entry: Entry) {
        for key in entry.keys where entries[key] === entry { entries[key] = nil }
        entry.use = 0
        count -= 1
        byteCount -= entry.value.count
    }
}
