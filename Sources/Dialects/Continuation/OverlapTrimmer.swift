/// Takes from the beginning of a continued text what repeats the text before it.
///
/// Models that are asked to go on often begin with the last words again, or with everything. What has come is held back
/// while it may still be such a repetition.
struct OverlapTrimmer {
    /// Shorter repetitions may be chance: "a" is followed by "a" in many texts.
    private static let leastRepetition = 12
    private static let leastWholeRepetition = 4
    /// So much of the text before is looked at.
    private static let window = 16 << 10

    private let before: ArraySlice<UInt8>
    private let isWhole: Bool
    private var held: [UInt8] = []
    private var isDecided = false

    init(behind text: [UInt8]) {
        before = text.suffix(Self.window)
        isWhole = text.count <= Self.window
    }

    /// What of a piece is new, as far as that is known.
    mutating func feed(_ piece: [UInt8]) -> [UInt8] {
        guard !isDecided else { return piece }
        held += piece
        // As long as it stands somewhere in the text before, it may be on its way to the end of it.
        if held.count < before.count, before.firstRange(of: held) != nil { return [] }
        return decide()
    }

    /// What was held back until the end.
    mutating func finish() -> [UInt8] { isDecided ? [] : decide() }

    private mutating func decide() -> [UInt8] {
        isDecided = true
        defer { held = [] }
        var count = min(held.count, before.count)
        while count > 0 {
            if isRepetition(count), before.suffix(count).elementsEqual(held.prefix(count)) { break }
            count -= 1
        }
        return Array(held.dropFirst(count))
    }

    private func isRepetition(_ count: Int) -> Bool {
        if count >= Self.leastRepetition { return true }
        if isWhole, count == before.count { return count >= Self.leastWholeRepetition }
        // One white space is enough between two words.
        return count == 1 && held.first.map { $0 == 0x20 || $0 == 0x0A } == true
    }
}
