extension [UInt8] {
    /// The bytes as a gzip text that stores them as they are (RFC 1951 §3.2.4); at most 65,535.
    var gzipped: [UInt8] {
        let length = Self(littleEndian: UInt16(count))
        let head: Self = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1]
        return head + length + length.map { ~$0 } + self + Self(littleEndian: checksum)
            + Self(littleEndian: UInt32(count))
    }

    private init<Number: FixedWidthInteger>(littleEndian number: Number) {
        self = (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    /// CRC-32 (RFC 1952 §8).
    private var checksum: UInt32 {
        ~reduce(~UInt32(0)) { checksum, byte in
            (0..<8).reduce(checksum ^ UInt32(byte)) { rest, _ in rest >> 1 ^ (rest & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }
}
