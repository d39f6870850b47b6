/// What can be told of the ids that servers give calls.
enum CallIDs {
    /// Fewer characters may meet again by chance.
    private static let leastDrawn = 16
    /// Words with a number have fewer borders between digits and others than what was drawn by lot.
    private static let leastBorders = 4

    /// Whether no other call has this id, as far as its spelling tells; when in doubt it is not.
    ///
    /// The end of such an id is long and looks drawn by lot, like those of `call_‹24 characters›`, `toolu_…` and UUIDs.
    static func isUnique(_ id: String) -> Bool {
        var (count, borders) = (0, 0)
        var before: Bool?
        for byte in id.utf8.reversed() where byte != UInt8(ascii: "-") {
            let isDigit = (0x30...0x39).contains(byte)
            guard isDigit || (0x61...0x7A).contains(byte | 0x20) else { break }
            if let before, before != isDigit { borders += 1 }
            before = isDigit
            count += 1
        }
        return count >= leastDrawn && borders >= leastBorders
    }
}
