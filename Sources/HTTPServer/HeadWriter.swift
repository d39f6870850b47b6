/// Writes the parts of a head one behind the other into room that was reserved for all of them.
///
/// An answer has some forty parts; appending each to an array would ask forty times whether it is shared and large enough.
struct HeadWriter {
    private let room: UnsafeMutableBufferPointer<UInt8>
    fileprivate private(set) var count: Int

    fileprivate init(_ room: UnsafeMutableBufferPointer<UInt8>, count: Int) {
        self.room = room
        self.count = count
    }

    /// Appends fixed text.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends what stands between a field's name and its value.
    mutating func endName() { append(UInt8(ascii: ":"), 0x20) }

    /// Appends a line end.
    mutating func endLine() { append(0x0D, 0x0A) }

    /// Appends bytes.
    mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { append($0) }
    }

    /// Appends text; inlined as the next one is, because a text that is handed to a function is retained for it.
    @inline(__always)
    mutating func append(_ text: String) {
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { append($0) }
        if isDone == nil { append(Array(text.utf8)) }
    }

    /// Appends a field's value; a line end or NUL in it must not begin another field.
    @inline(__always)
    mutating func append(cleaned value: String) {
        let start = count
        append(value)
        clean(from: start)
    }

    /// Replaces what may not stand in a value.
    private func clean(from start: Int) {
        let bytes = UnsafeMutableBufferPointer(rebasing: room[start..<count])
        // Without a branch, so that the compiler takes many bytes at once.
        var controls: UInt8 = 0
        for byte in bytes { controls |= (byte < 0x20 ? 1 : 0) | (byte == 0x7F ? 1 : 0) }
        guard controls != 0 else { return }
        for index in bytes.indices where bytes[index] < 0x20 && bytes[index] != 0x09 || bytes[index] == 0x7F {
            bytes[index] = 0x20
        }
    }

    /// Appends a number; a negative one counts as 0.
    mutating func append(decimal number: Int) {
        var rest = UInt(max(0, number))
        var divisor: UInt = 1
        while rest / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            precondition(count < room.count, "no room was reserved for a part of a head")
            room[count] = UInt8(truncatingIfNeeded: rest / divisor) + 0x30
            count += 1
            rest %= divisor
            divisor /= 10
        }
    }

    /// Two stores; half of a head's parts are of two characters, for which a copying call is much.
    @inline(__always)
    private mutating func append(_ first: UInt8, _ second: UInt8) {
        precondition(room.count - count >= 2, "no room was reserved for a part of a head")
        room[count] = first
        room[count + 1] = second
        count += 2
    }

    /// Writes within the room or not at all.
    @inline(__always)
    private mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        precondition(bytes.count <= room.count - count, "no room was reserved for a part of a head")
        guard let source = bytes.baseAddress, let target = room.baseAddress else { return }
        (target + count).initialize(from: source, count: bytes.count)
        count += bytes.count
    }
}

extension [UInt8] {
    /// Appends what `body` writes, at most `room` bytes.
    mutating func append(room: Int, _ body: (inout HeadWriter) -> Void) {
        append(addingCapacity: room) { span in
            span.withUnsafeMutableBufferPointer { buffer, count in
                var writer = HeadWriter(buffer, count: count)
                body(&writer)
                count = writer.count
            }
        }
    }
}
