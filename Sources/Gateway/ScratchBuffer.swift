/// Storage that one loop lends to its streams in turn, while each relays a piece of its answer: an idle stream holds none.
final class ScratchBuffer {
    private static let largest = 64 << 10

    private var spare: [UInt8] = []

    /// Gives a buffer without storage what is spare.
    func lend(to buffer: inout [UInt8]) {
        if buffer.capacity == 0 { swap(&buffer, &spare) }
    }

    /// Empties a buffer and keeps its storage for the next one, unless it is huge or there is a better one.
    func takeBack(_ buffer: inout [UInt8]) {
        if buffer.capacity > spare.capacity, buffer.capacity <= Self.largest {
            buffer.removeAll(keepingCapacity: true)
            swap(&buffer, &spare)
        }
        buffer = []
    }
}
