private import COpenSSL
private import Glibc

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
        var bytes: (UInt64, UInt64) = (0, 0)
        return withUnsafeMutableBytes(of: &bytes) { raw in
            fill(raw)
            raw[6] = raw[6] & 0x0F | 0x40
            raw[8] = raw[8] & 0x3F | 0x80
            return String(unsafeUninitializedCapacity: 36) { text in
                var position = 0
                for index in 0..<16 {
                    if index == 4 || index == 6 || index == 8 || index == 10 {
                        text[position] = UInt8(ascii: "-")
                        position += 1
                    }
                    text[position] = Hex.digit(raw[index] >> 4)
                    text[position + 1] = Hex.digit(raw[index] & 15)
                    position += 2
                }
                return position
            }
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
