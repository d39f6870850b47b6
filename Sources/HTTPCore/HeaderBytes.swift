/// Which bytes may occur where in a header (RFC 9110 §5).
public enum HeaderBytes {
    /// Letters, digits and ``!#$%&'*+-.^_`|~``: what names are made of (RFC 9110 §5.6.2).
    @inlinable
    public static func isToken(_ byte: UInt8) -> Bool {
        isMember(byte, 0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)
    }

    /// Anything but control characters; bytes above ASCII are tolerated, as everybody does.
    @inlinable
    public static func isInValue(_ byte: UInt8) -> Bool {
        (byte >= 0x20 && byte != 0x7F) || byte == 0x09
    }

    /// Looks a byte up in a set of ASCII characters, given as two words of bits.
    @inlinable
    public static func isMember(_ byte: UInt8, _ low: UInt64, _ high: UInt64) -> Bool {
        byte < 0x80 && (byte < 0x40 ? low : high) >> UInt64(byte & 0x3F) & 1 == 1
    }
}
