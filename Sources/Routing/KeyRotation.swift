/// The keys of one account in turn: the first is its own, the others its extra keys.
///
/// A key that was refused twice in a row is skipped until another answer proves it good or all are refused.
struct KeyRotation: Sendable {
    private var cursor = 0
    private var refusals: [Int: Int] = [:]

    private static let refusalsToSkip = 2

    /// The key for the next call.
    mutating func next(of count: Int) -> Int {
        for step in 0..<count {
            let key = (cursor + step) % count
            if refusals[key, default: 0] < Self.refusalsToSkip {
                cursor = (key + 1) % count
                return key
            }
        }
        cursor = (cursor + 1) % count
        return (cursor + count - 1) % count
    }

    /// Notes a refusal; true while a key remains that is not skipped.
    mutating func failed(_ key: Int, of count: Int) -> Bool {
        refusals[key, default: 0] += 1
        return (0..<count).contains { refusals[$0, default: 0] < Self.refusalsToSkip }
    }

    mutating func succeeded(_ key: Int) {
        refusals[key] = nil
    }
}
