/// Finds a pattern in bytes that come one after the other, in time that grows with their number only (Knuth, Morris and Pratt).
///
/// The pattern may grow while it is looked for.
struct BytePattern {
    private(set) var bytes: [UInt8] = []
    /// For each beginning of the pattern the longest end of it that begins the pattern too.
    private var borders: [Int] = []
    /// How many bytes of the pattern the bytes read so far end with.
    private(set) var matched = 0

    init(_ bytes: [UInt8] = []) {
        self.bytes.reserveCapacity(bytes.count)
        borders.reserveCapacity(bytes.count)
        for byte in bytes { append(byte) }
    }

    /// Whether the bytes read so far end with all of the pattern.
    var isMatched: Bool { matched == bytes.count }

    /// The longest end of the pattern's first `length` bytes, shorter than they, that begins the pattern too.
    func border(of length: Int) -> Int { length > 0 ? borders[length - 1] : 0 }

    mutating func append(_ byte: UInt8) {
        var border = border(of: bytes.count)
        while border > 0, bytes[border] != byte { border = self.border(of: border) }
        if !bytes.isEmpty, bytes[border] == byte { border += 1 }
        bytes.append(byte)
        borders.append(border)
    }

    mutating func read(_ byte: UInt8) {
        if isMatched { matched = border(of: matched) }
        while matched > 0, bytes[matched] != byte { matched = border(of: matched) }
        if matched < bytes.count, bytes[matched] == byte { matched += 1 }
    }

    /// Forgets what was read.
    mutating func restart() { matched = 0 }
}
