import HTTPCore

/// A head that a connection has sent, by which the next one is known if it is the same.
///
/// Clients send one head with all their requests, but for the length of the body. Bytes that parser and check have agreed on
/// mean the same the second time, and so they do with another number for a length; comparing them is a fraction of reading them.
final class KnownHead {
    /// Larger ones are read each time.
    private static let largest = 2048
    /// More digits are no length.
    private static let mostDigits = 18

    let owner: ObjectIdentifier
    private let bytes: [UInt8]
    /// Where the digits of the length lie; empty, at the end, if there is none.
    private let digits: Range<Int>
    /// Which field has the length.
    private let lengthIndex: Int?
    private let head: RequestHead
    private let framing: Framing

    /// Takes a whole head that was read; nil if it is large, if a limit would be near with the longest number for a length, or
    /// if its body comes in chunks, for which the parser itself must have read the head.
    init?(
        _ bytes: UnsafeRawBufferPointer,
        _ spans: HeadSpans,
        _ head: RequestHead,
        _ framing: Framing,
        of owner: Connection
    ) {
        let limits = owner.server.configuration
        let nearest = min(Self.largest, limits.headerBlockLimit, limits.headerFieldLimit)
        guard !head.isChunked, bytes.count + Self.mostDigits <= nearest else { return nil }
        let index = head.headers.fields.firstIndex { $0.name.isASCIIEqual("content-length") }
        if let index {
            guard index < spans.fields.count else { return nil }
            let start = spans.fields[index].value.lowerBound
            digits = start..<start + head.headers.fields[index].value.utf8.count
        } else {
            digits = bytes.count..<bytes.count
        }
        lengthIndex = index
        self.owner = ObjectIdentifier(owner)
        self.bytes = Array(bytes)
        self.head = head.replacing(headers: head.headers, contentLength: head.contentLength, memory: HeadMemory())
        self.framing = framing
    }

    /// The head at the beginning of `input` and its size, if it is this one.
    func read(_ input: UnsafeRawBufferPointer) -> (RequestHead, Framing, Int)? {
        guard isSame(input, from: 0, as: 0..<digits.lowerBound) else { return nil }
        guard let lengthIndex else { return (head, framing, bytes.count) }
        var end = digits.lowerBound
        var length = 0
        while end < input.count, end - digits.lowerBound < Self.mostDigits, (0x30...0x39).contains(input[end]) {
            length = length * 10 + Int(input[end] - 0x30)
            end += 1
        }
        guard end > digits.lowerBound, isSame(input, from: end, as: digits.upperBound..<bytes.count) else { return nil }
        let size = end + bytes.count - digits.upperBound
        let number = UnsafeRawBufferPointer(rebasing: input[digits.lowerBound..<end])
        if end == digits.upperBound, isSame(number, from: 0, as: digits) { return (head, framing, size) }
        var (headers, framing) = (head.headers, framing)
        headers.fields[lengthIndex].value = String(decoding: number, as: UTF8.self)
        framing.contentLength = length
        return (head.replacing(headers: headers, contentLength: length, memory: head.memory), framing, size)
    }

    /// Whether a part of our bytes is in `input`; takes a time that depends on its size only, because there are secrets in it.
    private func isSame(_ input: UnsafeRawBufferPointer, from start: Int, as part: Range<Int>) -> Bool {
        guard input.count - start >= part.count else { return false }
        let theirs = UnsafeRawBufferPointer(rebasing: input[start..<start + part.count])
        return bytes.withUnsafeBytes { bytes in
            let ours = UnsafeRawBufferPointer(rebasing: bytes[part])
            var differences: UInt8 = 0
            for index in 0..<part.count { differences |= ours[index] ^ theirs[index] }
            return differences == 0
        }
    }
}

/// The known heads of a server: so many that idle connections hold next to nothing, and none outlives its connection.
struct KnownHeads {
    private var slots = [KnownHead?](repeating: nil, count: 256)

    subscript(connection: Connection) -> KnownHead? {
        guard let known = slots[slot(of: connection)], known.owner == ObjectIdentifier(connection) else { return nil }
        return known
    }

    /// Keeps a head, in the place of another connection's if need be.
    mutating func keep(_ head: KnownHead, of connection: Connection) {
        slots[slot(of: connection)] = head
    }

    /// Lets go of a connection's head.
    mutating func forget(_ connection: Connection) {
        if self[connection] != nil { slots[slot(of: connection)] = nil }
    }

    private func slot(of connection: Connection) -> Int { Int(connection.descriptor) & (slots.count - 1) }
}
