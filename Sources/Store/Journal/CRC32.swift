/// The checksum of Ethernet, gzip and PNG; finds torn and damaged journal records.
///
/// Eight bytes at a time with eight tables ("slicing by 8"), because every request pays for it.
enum CRC32 {
    /// Table `n` at `256 * n`: what a byte does to the sum when `n` more bytes follow it.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
            tables[byte] = value
        }
        for index in 256..<tables.count {
            let previous = tables[index - 256]
            tables[index] = previous >> 8 ^ tables[Int(previous & 0xFF)]
        }
        return tables
    }()

    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var sum = ~UInt32(0)
            var index = 0
            while index + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                sum = eight(word ^ UInt64(sum), tables)
                index += 8
            }
            while index < bytes.count {
                sum = sum >> 8 ^ tables[Int((sum ^ UInt32(bytes[index])) & 0xFF)]
                index += 1
            }
            return ~sum
        }
    }

    @inline(__always)
    private static func eight(_ word: UInt64, _ tables: UnsafeBufferPointer<UInt32>) -> UInt32 {
        let early =
            tables[1792 + Int(word & 0xFF)] ^ tables[1536 + Int(word >> 8 & 0xFF)]
            ^ tables[1280 + Int(word >> 16 & 0xFF)] ^ tables[1024 + Int(word >> 24 & 0xFF)]
        let late =
            tables[768 + Int(word >> 32 & 0xFF)] ^ tables[512 + Int(word >> 40 & 0xFF)]
            ^ tables[256 + Int(word >> 48 & 0xFF)] ^ tables[Int(word >> 56)]
        return early ^ late
    }
}
