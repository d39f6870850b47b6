private import Glibc

import JSONCore

extension [UInt8] {
    /// Appends fixed text.
    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    /// Appends text as the content of a JSON string in a stream frame: U+2028 and U+2029, which escaped text may
    /// contain as they are, become escapes, because some readers take them for line ends.
    mutating func appendFrameText(_ text: JSONText) {
        let start = count
        text.appendEscaped(to: &self)
        var place = start
        while place < count {
            guard self[place] == 0xE2, place + 2 < count, self[place + 1] == 0x80, self[place + 2] & 0xFE == 0xA8 else {
                place += 1
                continue
            }
            let escape: StaticString = self[place + 2] == 0xA8 ? "\\u2028" : "\\u2029"
            escape.withUTF8Buffer { replaceSubrange(place..<place + 3, with: $0) }
            place += 6
        }
    }
}

extension ArraySlice<UInt8> {
    /// Whether both hold the same bytes; compares many at a time, which generic code does not.
    func isSame(as other: ArraySlice<UInt8>) -> Bool {
        guard count == other.count else { return false }
        return withUnsafeBytes { left in
            other.withUnsafeBytes { right in
                guard let a = left.baseAddress, let b = right.baseAddress else { return true }
                return memcmp(a, b, left.count) == 0
            }
        }
    }

    /// Whether fixed text occurs somewhere; compares many at a time, which generic code does not.
    package func contains(_ text: StaticString) -> Bool {
        withUnsafeBytes { bytes in
            let length = text.utf8CodeUnitCount
            guard let start = bytes.baseAddress, length > 0 else { return length == 0 }
            var rest = bytes.count
            while rest >= length,
                let found = memchr(start + bytes.count - rest, Int32(text.utf8Start[0]), rest - length + 1)
            {
                if memcmp(found, text.utf8Start, length) == 0 { return true }
                rest = bytes.count - (UnsafeRawPointer(found) - start) - 1
            }
            return false
        }
    }
}
