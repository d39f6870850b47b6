private import Glibc

/// Cuts a stream of bytes into lines that end in LF, CR or CRLF, however the bytes are cut into chunks.
///
/// A line is a range of `bytes` and valid until the next `append`. A CR ends its line at once; an LF directly behind it,
/// perhaps in the next chunk, belongs to the same end and is skipped.
struct SSELines: Sendable {
    private(set) var bytes: [UInt8] = []

    /// Where the line that is not yet taken begins.
    private var position = 0

    /// No LF, and no CR, stands between `position` and these places: every byte is searched once for each.
    private var lineFeedBound = 0
    private var carriageReturnBound = 0

    private var skipsLineFeed = false
    private var isAtStart = true

    /// How many bytes wait for the end of their line; half a byte order mark is not yet a line.
    var pendingCount: Int { isAtStart ? 0 : bytes.count - position }

    mutating func append(_ chunk: [UInt8]) {
        if position == bytes.count {
            release()
            bytes = chunk  // shares the chunk's storage
        } else if position * 2 >= bytes.count {
            var joined: [UInt8] = []
            joined.reserveCapacity(bytes.count - position + chunk.count)
            joined.append(contentsOf: bytes[position...])
            joined.append(contentsOf: chunk)
            bytes = joined
            rebase(by: position)
        } else {
            bytes.append(contentsOf: chunk)
        }
    }

    private mutating func rebase(by distance: Int) {
        position -= distance
        lineFeedBound = max(lineFeedBound - distance, 0)
        carriageReturnBound = max(carriageReturnBound - distance, 0)
    }

    /// The next complete line, without its end.
    mutating func next() -> Range<Int>? {
        guard skipByteOrderMark() else { return nil }
        if skipsLineFeed, position < bytes.count {
            skipsLineFeed = false
            if bytes[position] == UInt8(ascii: "\n") { position += 1 }
        }
        guard position < bytes.count else {
            release()
            return nil
        }
        lineFeedBound = first(UInt8(ascii: "\n"), from: max(lineFeedBound, position))
        carriageReturnBound = first(UInt8(ascii: "\r"), from: max(carriageReturnBound, position))
        let end = min(lineFeedBound, carriageReturnBound)
        guard end < bytes.count else { return nil }
        skipsLineFeed = end == carriageReturnBound
        defer { position = end + 1 }
        return position..<end
    }

    /// Takes the next line if it is here and empty; otherwise nothing changes.
    mutating func takeBlankLine() -> Bool {
        var index = position
        if skipsLineFeed, index < bytes.count, bytes[index] == UInt8(ascii: "\n") { index += 1 }
        guard index < bytes.count else { return false }
        let end = bytes[index]
        guard end == UInt8(ascii: "\n") || end == UInt8(ascii: "\r") else { return false }
        skipsLineFeed = end == UInt8(ascii: "\r")
        position = index + 1
        return true
    }

    /// Lets go of a chunk that was read to its end: an idle stream holds none.
    private mutating func release() {
        bytes = []
        rebase(by: position)
    }

    /// Whether a line has this text at its beginning.
    func starts(_ line: Range<Int>, with text: StaticString) -> Bool {
        let end = line.lowerBound + text.utf8CodeUnitCount
        return end <= line.upperBound && text.withUTF8Buffer { equal(line.lowerBound..<end, $0) }
    }

    /// Whether a part of a line is this text.
    func equal(_ part: Range<Int>, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard part.count == text.count, let expected = text.baseAddress else { return part.count == text.count }
        return bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress, part.upperBound <= buffer.count else { return false }
            return memcmp(base + part.lowerBound, expected, text.count) == 0
        }
    }

    /// What is left when the stream has ended without a line end; `nil` if nothing is.
    mutating func takeRest() -> Range<Int>? {
        guard position < bytes.count else { return nil }
        defer { position = bytes.count }
        return position..<bytes.count
    }

    /// Skips a byte order mark at the very beginning; `false` while it might still be arriving.
    private mutating func skipByteOrderMark() -> Bool {
        guard isAtStart else { return true }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let head = bytes[position...].prefix(mark.count)
        if head.count < mark.count, mark.starts(with: head) { return false }
        if head.elementsEqual(mark) { position += mark.count }
        isAtStart = false
        return true
    }

    /// The first place of a byte, or the end.
    private func first(_ byte: UInt8, from start: Int) -> Int {
        guard start < bytes.count, bytes[start] != byte else { return start }
        return bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress, let found = memchr(base + start, Int32(byte), buffer.count - start)
            else {
                return buffer.count
            }
            return UnsafeRawPointer(found) - UnsafeRawPointer(base)
        }
    }
}
