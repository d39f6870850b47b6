private import COpenSSL
private import Glibc
private import Synchronization

/// Unpredictable values from OpenSSL's generator, which the kernel seeds.
public enum SecureRandom {
    /// `count` random bytes.
    public static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            fill(UnsafeMutableRawBufferPointer(buffer))
            initialized = count
        }
    }

    /// A secret of `count` random bytes.
    public static func secret(_ count: Int) -> Secret {
        Secret(count: count) { fill($0) }
    }

    /// `count` random bytes as lower-case hexadecimal digits, two for each byte.
    public static func hex(byteCount: Int) -> String {
        Hex.encode(bytes(byteCount))
    }

    /// Letters and digits of Crockford's base 32 in capitals; 5 bits each, no I, L, O or U.
    public static func crockford(_ count: Int) -> String {
        text(count, from: "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    }

    /// Letters of both cases and digits; 5.95 bits each.
    public static func alphanumerics(_ count: Int) -> String {
        text(count, from: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    }

    /// A random UUID (version 4) in lower case.
    public static func uuid() -> String {
        var words = idBytes.withLock { $0.next() }
        words.0 = words.0 & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        return uuid(of: words)
    }

    /// A UUID (version 7, RFC 9562) in lower case that sorts by a time in milliseconds since 1970: rows that are keyed by
    /// such ids are added at the end of their index, instead of changing a page each.
    public static func uuid(at milliseconds: Int64) -> String {
        var words = idBytes.withLock { $0.next() }
        words.0 = UInt64(truncatingIfNeeded: milliseconds) << 16 | 0x7000 | words.0 & 0x0FFF
        return uuid(of: words)
    }

    /// Spells a UUID out whose version is set; this sets the variant.
    private static func uuid(of words: (UInt64, UInt64)) -> String {
        let low = words.1 & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return String(unsafeUninitializedCapacity: 36) { text in
            let text = UnsafeMutableRawBufferPointer(text)
            let (second, third) = (hexDigits(words.0), hexDigits(low >> 32))
            text.storeBytes(of: hexDigits(words.0 >> 32), as: UInt64.self)
            text.storeBytes(of: UInt32(truncatingIfNeeded: second), toByteOffset: 9, as: UInt32.self)
            text.storeBytes(of: UInt32(truncatingIfNeeded: second >> 32), toByteOffset: 14, as: UInt32.self)
            text.storeBytes(of: UInt32(truncatingIfNeeded: third), toByteOffset: 19, as: UInt32.self)
            text.storeBytes(of: UInt32(truncatingIfNeeded: third >> 32), toByteOffset: 24, as: UInt32.self)
            text.storeBytes(of: hexDigits(low), toByteOffset: 28, as: UInt64.self)
            for dash in stride(from: 8, through: 23, by: 5) { text[dash] = UInt8(ascii: "-") }
            return 36
        }
    }

    /// The eight hexadecimal digits of a number's lower half, as they stand in memory: all worked out at once, because there
    /// are four such halves in every id.
    private static func hexDigits(_ number: UInt64) -> UInt64 {
        var digits = number & 0xFFFF_FFFF
        digits = (digits << 16 | digits) & 0x0000_FFFF_0000_FFFF
        digits = (digits << 8 | digits) & 0x00FF_00FF_00FF_00FF
        digits = (digits << 4 | digits) & 0x0F0F_0F0F_0F0F_0F0F
        // Digits above 9 carry into the upper half of their byte when 6 is added.
        let letters = (digits + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return (digits + 0x3030_3030_3030_3030 + letters * 0x27).bigEndian
    }

    /// Random bytes for ids.
    ///
    /// The generator's price is for the call, not for the bytes, and every request needs an id. Keys and other secrets
    /// never come from here.
    private static let idBytes = Mutex(IDBytes())

    private struct IDBytes {
        private var words = [UInt64](repeating: 0, count: 512)
        private var used = 512

        mutating func next() -> (UInt64, UInt64) {
            if used == words.count {
                words.withUnsafeMutableBytes { SecureRandom.fill($0) }
                used = 0
            }
            defer { used += 2 }
            return (words[used], words[used + 1])
        }
    }

    /// Picks every letter with the same probability: values that would favour the first letters are thrown away.
    private static func text(_ count: Int, from alphabet: StaticString) -> String {
        let size = alphabet.utf8CodeUnitCount
        let limit = 256 - 256 % size
        var text = ""
        text.reserveCapacity(count)
        var left = count
        while left > 0 {
            for byte in bytes(left) where Int(byte) < limit {
                text.unicodeScalars.append(Unicode.Scalar(alphabet.utf8Start[Int(byte) % size]))
                left -= 1
            }
        }
        return text
    }

    private static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        guard let start = buffer.baseAddress, buffer.count > 0 else { return }
        let bytes = start.assumingMemoryBound(to: UInt8.self)
        if buffer.count <= Int(Int32.max), RAND_bytes(bytes, Int32(buffer.count)) == 1 { return }
        ERR_clear_error()
        var position = 0
        while position < buffer.count {
            let step = min(256, buffer.count - position)
            // Going on with predictable keys would be worse than stopping.
            precondition(getentropy(start + position, step) == 0, "the kernel gives no random bytes")
            position += step
        }
    }
}
