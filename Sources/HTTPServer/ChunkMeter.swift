/// Watches the framing of a chunked body: all its bytes that are not data.
///
/// The parser decodes; Debian's build of it takes any two bytes for the CRLF behind a chunk, and anything at all as an
/// extension. So each of these bytes is looked at again, and counted.
struct ChunkMeter {
    private let lineLimit: Int
    private let extensionLimit: Int
    private let trailerLimit: Int

    private var lineBytes = 0
    private var extensionBytes = 0
    private var trailerBytes = 0
    private var isFirst = true
    private var isTrailer = false
    private var previous: UInt8 = 0x0A
    /// Bytes of the present chunk that have not arrived.
    private var remaining = 0
    /// Line end behind a chunk's data that is still to come: 2, 1 or 0 bytes.
    private var closing = 0

    init(lineLimit: Int, extensionLimit: Int, trailerLimit: Int) {
        self.lineLimit = lineLimit
        self.extensionLimit = extensionLimit
        self.trailerLimit = trailerLimit
    }

    /// Counts data of the present chunk.
    mutating func data(_ count: Int) {
        remaining -= count
        if remaining == 0 { closing = 2 }
    }

    /// Looks at bytes that are not data; nil if all is well.
    mutating func framing(_ bytes: UnsafeRawBufferPointer) -> Refusal? {
        for byte in bytes {
            guard isInOrder(byte) else { return .badRequest("The chunked body is malformed.") }
            previous = byte
            guard closing == 0 else {
                closing -= 1
                continue
            }
            if isTrailer { trailerBytes += 1 } else { lineBytes += 1 }
        }
        // The line end counts until it is known to be one.
        if lineBytes > lineLimit + 2 { return .badRequest("A chunk-size line is too long.") }
        if trailerBytes > trailerLimit + 2 { return .badRequest("The trailer is too large.") }
        return nil
    }

    /// Ends a chunk-size line.
    mutating func chunkBegan(size: Int) -> Refusal? {
        let length = lineBytes - 2
        guard length <= lineLimit else { return .badRequest("A chunk-size line is too long.") }
        let digits = max(1, (Int.bitWidth - size.leadingZeroBitCount + 3) / 4)
        extensionBytes += max(0, length - digits)
        guard extensionBytes <= extensionLimit else { return .badRequest("The chunk extensions are too large.") }
        lineBytes = 0
        remaining = size
        isTrailer = size == 0
        return nil
    }

    /// CR and LF come in pairs only; behind a chunk's data nothing else may stand.
    private func isInOrder(_ byte: UInt8) -> Bool {
        switch closing {
        case 2: return byte == 0x0D
        case 1: return byte == 0x0A
        default: break
        }
        if previous == 0x0D { return byte == 0x0A }
        return byte != 0x0A && (byte >= 0x20 && byte != 0x7F || byte == 0x0D || byte == 0x09)
    }
}
