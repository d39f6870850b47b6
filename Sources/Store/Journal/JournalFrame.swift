/// How records lie in a journal file.
///
///     | magic   | length of payload | CRC-32 of payload | payload |
///     | 4 bytes |     4 bytes       |      4 bytes      |         |
///
/// Numbers are little-endian. A record torn by a crash or damaged later fails its checksum; the reader then looks for
/// the next magic, so one bad record never hides the good ones behind it. The magic has bytes that no UTF-8 text
/// contains: a client cannot smuggle a record of its own into a model name.
enum JournalFrame {
    static let headerCount = 12
    static let payloadLimit = 1 << 16
    private static let magic: [4 of UInt8] = [0xFF, 0xFE, 0x55, 0x4A]

    /// Fills in the header of a frame whose payload is complete; the frame is larger than its header.
    static func finish(_ frame: UnsafeMutableRawBufferPointer) {
        let payload = UnsafeRawBufferPointer(rebasing: frame[headerCount...])
        frame.storeBytes(of: magic, as: [4 of UInt8].self)
        frame.storeBytes(of: UInt32(payload.count).littleEndian, toByteOffset: 4, as: UInt32.self)
        frame.storeBytes(of: CRC32.checksum(payload).littleEndian, toByteOffset: 8, as: UInt32.self)
    }

    /// What a walk over a piece of a file found.
    struct Scan {
        /// Ranges of complete payloads with the right checksum.
        var payloads: [Range<Int>] = []
        /// Stretches of bytes that belong to no good record.
        var damages = 0
        /// Where an incomplete record at the end begins; the end of the bytes if there is none.
        var rest = 0
    }

    /// Finds the records in `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: A piece of a file that begins with a record.
    ///   - isEnd: False when more bytes follow, so that an incomplete record at the end is none of our business.
    /// - Returns: Where the records are.
    static func scan(_ bytes: [UInt8], isEnd: Bool) -> Scan {
        var scan = Scan()
        var position = 0
        var isLost = false
        while position < bytes.count {
            switch record(in: bytes, at: position) {
            case .complete(let payload):
                scan.payloads.append(payload)
                position = payload.upperBound
                isLost = false
            case .cutOff:
                // Torn at the end of the file, or, with whole records behind it, in the middle.
                guard isEnd, let next = nextRecord(in: bytes, after: position) else {
                    scan.rest = position
                    return scan
                }
                if !isLost { scan.damages += 1 }
                position = next
                isLost = false
            case .garbage:
                if !isLost { scan.damages += 1 }
                isLost = true
                position += 1
            }
        }
        scan.rest = bytes.count
        return scan
    }

    private enum Finding {
        case complete(Range<Int>)
        case cutOff
        case garbage
    }

    private static func record(in bytes: [UInt8], at start: Int) -> Finding {
        let available = bytes.count - start
        for offset in magic.indices {
            guard offset < available else { return .cutOff }
            guard bytes[start + offset] == magic[offset] else { return .garbage }
        }
        guard available >= headerCount else { return .cutOff }
        let length = Int(number(bytes, at: start + 4))
        guard length <= payloadLimit else { return .garbage }
        guard available >= headerCount + length else { return .cutOff }
        let payload = start + headerCount..<start + headerCount + length
        let checksum = bytes.withUnsafeBytes { CRC32.checksum(UnsafeRawBufferPointer(rebasing: $0[payload])) }
        return checksum == number(bytes, at: start + 8) ? .complete(payload) : .garbage
    }

    /// The first complete record after a cut-off one, if any: then the cut-off one is damage, not an end.
    private static func nextRecord(in bytes: [UInt8], after position: Int) -> Int? {
        var candidate = position + 1
        while candidate + headerCount <= bytes.count {
            if bytes[candidate] == magic[0], case .complete = record(in: bytes, at: candidate) { return candidate }
            candidate += 1
        }
        return nil
    }

    private static func number(_ bytes: [UInt8], at index: Int) -> UInt32 {
        (0..<4).reduce(UInt32(0)) { value, offset in value | UInt32(bytes[index + offset]) << (8 * UInt32(offset)) }
    }
}
