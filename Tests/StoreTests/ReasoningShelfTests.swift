import CryptoCore
import Testing
import TimeCore

@testable import Store

/// The memory of the reasoning vault: what it holds, finds and gives up.
@Suite struct ReasoningShelfTests {
    private static let start = WallTime(milliseconds: 1_780_000_000_000)
    private static let later = start.advanced(by: .seconds(60))

    private static func key(_ number: Int) -> Digest { SHA256.hash(Array("key \(number)".utf8)) }

    private static func shelf(entries: Int = 100, bytes: Int = 10_000) -> ReasoningShelf {
        var limits = ReasoningVault.Limits()
        (limits.entries, limits.totalBytes) = (entries, bytes)
        return ReasoningShelf(limits: limits)
    }

    @Test func `an empty shelf holds nothing`() {
        var shelf = Self.shelf()
        #expect(shelf.count == 0 && shelf.byteCount == 0 && !shelf.holds(Self.key(1)))
        #expect(shelf.value(for: Self.key(1), at: Self.start) == nil)
    }

    @Test func `a value is held to the moment before its end, and gone under all keys then`() {
        var shelf = Self.shelf()
        shelf.keep([1, 2, 3], for: [Self.key(1), Self.key(2)], until: Self.later)
        let last = Self.later.advanced(by: .milliseconds(-1))
        #expect(shelf.value(for: Self.key(1), at: last) == [1, 2, 3])
        #expect(shelf.value(for: Self.key(2), at: Self.later) == nil)
        #expect(!shelf.holds(Self.key(1)) && !shelf.holds(Self.key(2)))
        #expect(shelf.count == 0 && shelf.byteCount == 0)
    }

    @Test func `a value that shares one key with others takes the place of all of them`() {
        var shelf = Self.shelf()
        shelf.keep([1], for: [Self.key(1), Self.key(2)], until: Self.later)
        shelf.keep([2, 2], for: [Self.key(3)], until: Self.later)
        shelf.keep([3, 3, 3], for: [Self.key(2), Self.key(3), Self.key(4)], until: Self.later)
        #expect(shelf.count == 1 && shelf.byteCount == 3)
        #expect((1...4).map { shelf.holds(Self.key($0)) } == [false, true, true, true])
        #expect(shelf.value(for: Self.key(3), at: Self.start) == [3, 3, 3])
    }

    @Test func `the same key twice is one`() {
        var shelf = Self.shelf(entries: 1)
        shelf.keep([1], for: [Self.key(1), Self.key(1)], until: Self.later)
        #expect(shelf.count == 1 && shelf.byteCount == 1)
        shelf.keep([2], for: [Self.key(2)], until: Self.later)
        #expect(shelf.count == 1 && !shelf.holds(Self.key(1)) && shelf.holds(Self.key(2)))
    }

    @Test func `bytes are given up in the order of use, as many as it takes`() {
        var shelf = Self.shelf(bytes: 100)
        for number in 0..<4 {
            shelf.keep([UInt8](repeating: 0, count: 25), for: [Self.key(number)], until: Self.later)
        }
        #expect(shelf.value(for: Self.key(0), at: Self.start) != nil)
        shelf.keep([UInt8](repeating: 0, count: 50), for: [Self.key(4)], until: Self.later)
        #expect((0..<5).map { shelf.holds(Self.key($0)) } == [true, false, false, true, true])
        #expect(shelf.count == 3 && shelf.byteCount == 100)
    }

    @Test func `what is larger than the whole shelf empties it, and is not held`() {
        var shelf = Self.shelf(bytes: 100)
        shelf.keep([1], for: [Self.key(1)], until: Self.later)
        shelf.keep([UInt8](repeating: 0, count: 101), for: [Self.key(2)], until: Self.later)
        #expect(shelf.count == 0 && shelf.byteCount == 0 && !shelf.holds(Self.key(1)) && !shelf.holds(Self.key(2)))
        shelf.keep([3], for: [Self.key(3)], until: Self.later)
        #expect(shelf.count == 1 && shelf.holds(Self.key(3)))
    }

    @Test func `a shelf without room holds nothing`() {
        var shelf = Self.shelf(entries: 0)
        shelf.keep([1], for: [Self.key(1)], until: Self.later)
        #expect(shelf.count == 0 && shelf.byteCount == 0 && !shelf.holds(Self.key(1)))
    }

    /// The same in a slow and plain way: a list in the order of use.
    private struct Model {
        struct Entry {
            var keys: [Int]
            var value: [UInt8]
            var expiry: Int
        }

        var entries: [Entry] = []
        let limits: (entries: Int, bytes: Int)

        mutating func value(for key: Int, at now: Int) -> [UInt8]? {
            guard let place = entries.firstIndex(where: { $0.keys.contains(key) }) else { return nil }
            let entry = entries.remove(at: place)
            guard now < entry.expiry else { return nil }
            entries.append(entry)
            return entry.value
        }

        mutating func keep(_ entry: Entry) {
            entries.removeAll { old in entry.keys.contains(where: old.keys.contains) }
            entries.append(entry)
            while entries.count > limits.entries || byteCount > limits.bytes { entries.removeFirst() }
        }

        var byteCount: Int { entries.reduce(0) { $0 + $1.value.count } }
    }

    @Test(arguments: [1, 2, 3, 4, 5]) func `a shelf does what a plain list would do`(seed: UInt64) {
        var random = Numbers(state: seed)
        var shelf = Self.shelf(entries: 8, bytes: 200)
        var model = Model(limits: (8, 200))
        for step in 0..<4_000 {
            let now = step / 10
            let time = Self.start.advanced(by: .seconds(now))
            if Bool.random(using: &random) {
                let keys = (0..<Int.random(in: 1...3, using: &random)).map { _ in Int.random(in: 0..<24, using: &random)
                }
                let value = [UInt8](repeating: UInt8(step & 0xFF), count: Int.random(in: 0...60, using: &random))
                let lifetime = Int.random(in: 1...40, using: &random)
                shelf.keep(value, for: keys.map(Self.key), until: Self.start.advanced(by: .seconds(now + lifetime)))
                model.keep(Model.Entry(keys: keys, value: value, expiry: now + lifetime))
            } else {
                let key = Int.random(in: 0..<24, using: &random)
                #expect(shelf.value(for: Self.key(key), at: time) == model.value(for: key, at: now), "step \(step)")
            }
            #expect(shelf.count == model.entries.count && shelf.byteCount == model.byteCount, "step \(step)")
        }
    }

    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }
}
