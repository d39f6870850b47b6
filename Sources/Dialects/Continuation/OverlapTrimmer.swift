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
    /// What has come, while it is looked for in the text before.
    private var held = BytePattern()
    /// So much of the text before has been searched.
    private var position: Int
    private var isDecided = false

    init(behind text: [UInt8]) {
        before = text.suffix(Self.window)
        position = before.startIndex
        isWhole = text.count <= Self.window
    }

    /// What of a piece is new, as far as that is known.
    mutating func feed(_ piece: [UInt8]) -> [UInt8] {
        guard !isDecided else { return piece }
        for byte in piece { held.append(byte) }
        while !held.isMatched, position < before.endIndex { searchNext() }
        // As long as it stands somewhere in the text before, it may be on its way to the end of it.
        return held.isMatched && held.bytes.count < before.count ? [] : decide()
    }

    /// What was held back until the end.
    mutating func finish() -> [UInt8] { isDecided ? [] : decide() }

    private mutating func searchNext() {
        held.read(before[position])
        position += 1
    }

    private mutating func decide() -> [UInt8] {
        isDecided = true
        defer { held = BytePattern() }
        while position < before.endIndex { searchNext() }
        var count = held.matched
        while count > 0, !isRepetition(count) { count = held.border(of: count) }
        return Array(held.bytes.dropFirst(count))
    }

    private func isRepetition(_ count: Int) -> Bool {
        if count >= Self.leastRepetition { return true }
        if isWhole, count == before.count { return count >= Self.leastWholeRepetition }
        // One white space is enough between two words.
        return count == 1 && held.bytes.first.map { $0 == 0x20 || $0 == 0x0A } == true
    }
}
