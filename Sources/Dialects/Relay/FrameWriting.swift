import JSONCore
private import Glibc

/// Frames of server-sent events, written without an intermediate copy of their data.
enum FrameWriting {
    /// Writes the `event:` line, if there is a name.
    static func begin(name: String?, to out: inout [UInt8]) {
        guard let name, !name.isEmpty else { return }
        out.append("event: ")
        out.append(contentsOf: name.utf8)
        out.append(UInt8(ascii: "\n"))
    }

    /// Writes the data of a frame and ends it.
    static func data(_ bytes: [UInt8], to out: inout [UInt8]) {
        data(bytes[...], [], [], to: &out)
    }

    /// Writes a document as the data of a frame, with one value replaced.
    static func data(
        of document: JSONDocument,
        replacing place: Range<Int>?,
        with value: [UInt8],
        to out: inout [UInt8]
    ) {
        let bytes = document.bytes
        guard let place else { return data(bytes, to: &out) }
        data(bytes[..<place.lowerBound], value, bytes[place.upperBound...], to: &out)
    }

    /// Passes a comment on, which keeps the client's connection alive.
    static func comment(_ text: [UInt8], to out: inout [UInt8]) {
        guard text.count <= 1_024, !text.contains(where: { $0 < 0x20 }) else { return }
        out.append(UInt8(ascii: ":"))
        if text.first != UInt8(ascii: " ") { out.append(UInt8(ascii: " ")) }
        out.append(contentsOf: text)
        out.append("\n\n")
    }

    private static func data(
        _ head: ArraySlice<UInt8>,
        _ middle: [UInt8],
        _ tail: ArraySlice<UInt8>,
        to out: inout [UInt8]
    ) {
        out.append("data: ")
        let start = out.count
        out.append(contentsOf: head)
        out.append(contentsOf: middle)
        out.append(contentsOf: tail)
        splitLines(from: start, of: &out)
        out.append("\n\n")
    }

    /// Data of several lines, which came as several `data:` lines, leaves in the same way.
    private static func splitLines(from start: Int, of out: inout [UInt8]) {
        let hasLineFeed = out.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            return memchr(base + start, 0x0A, buffer.count - start) != nil
        }
        guard hasLineFeed else { return }
        let data = Array(out[start...])
        out.removeSubrange(start...)
        for byte in data {
            out.append(byte)
            if byte == UInt8(ascii: "\n") { out.append("data: ") }
        }
    }
}
