private import Glibc

/// Writes server-sent events; nothing in the data can end an event early or begin another.
public enum SSEWriter {
    /// Appends an event.
    public static func write(event: StaticString?, data: [UInt8], to out: inout [UInt8]) {
        write(event: event, data: data[...], to: &out)
    }

    /// Appends an event.
    public static func write(event: StaticString?, data: ArraySlice<UInt8>, to out: inout [UInt8]) {
        if let event { event.withUTF8Buffer { appendName($0, to: &out) } }
        append(data, to: &out)
    }

    /// Appends an event with a name that came from elsewhere; control characters in it are dropped.
    public static func write(name: String?, data: ArraySlice<UInt8>, to out: inout [UInt8]) {
        if let name { appendName(name.utf8.filter { $0 >= 0x20 }, to: &out) }
        append(data, to: &out)
    }

    /// Appends a comment, which clients ignore and which keeps connections alive.
    public static func comment(_ text: StaticString, to out: inout [UInt8]) {
        append(": ", to: &out)
        text.withUTF8Buffer { out.append(contentsOf: $0) }
        append("\n\n", to: &out)
    }

    private static func appendName(_ name: some Collection<UInt8>, to out: inout [UInt8]) {
        append("event: ", to: &out)
        out.append(contentsOf: name)
        append("\n", to: &out)
    }

    private static func append(_ data: ArraySlice<UInt8>, to out: inout [UInt8]) {
        var rest = data
        while let end = lineEnd(in: rest) {
            append("data: ", to: &out)
            out.append(contentsOf: rest[..<end])
            append("\n", to: &out)
            let isPair = rest[end] == UInt8(ascii: "\r") && rest[end...].dropFirst().first == UInt8(ascii: "\n")
            rest = rest[(end + (isPair ? 2 : 1))...]
        }
        append("data: ", to: &out)
        out.append(contentsOf: rest)
        append("\n\n", to: &out)
    }

    /// The first LF or CR; compact JSON has none, so the usual cost is two sweeps of `memchr`.
    private static func lineEnd(in bytes: ArraySlice<UInt8>) -> Int? {
        let found = bytes.withUnsafeBufferPointer { buffer -> Int? in
            guard let base = buffer.baseAddress else { return nil }
            let lineFeed = memchr(base, 0x0A, buffer.count).map { UnsafeRawPointer($0) - UnsafeRawPointer(base) }
            let carriageReturn = memchr(base, 0x0D, lineFeed ?? buffer.count)
            return carriageReturn.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? lineFeed
        }
        return found.map { bytes.startIndex + $0 }
    }

    private static func append(_ text: StaticString, to out: inout [UInt8]) {
        text.withUTF8Buffer { out.append(contentsOf: $0) }
    }
}
