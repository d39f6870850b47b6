private import CLinux
private import Glibc

/// Bytes that wait to be sent on one connection.
///
///     bytes:  [ sent | heads, chunks, … ]     then     tail: [ sent | body of a whole answer ]
///
/// A tail is sent as it is, without being copied; nothing is appended behind one.
struct OutputBuffer {
    enum Outcome {
        case drained
        /// The socket takes no more now.
        case blocked
        /// The connection is broken.
        case failed
    }

    private(set) var bytes: [UInt8] = []
    private var sent = 0
    private var tail: [UInt8] = []
    private var tailSent = 0

    var count: Int { bytes.count - sent + tail.count - tailSent }
    var isEmpty: Bool { count == 0 }

    /// Lets the caller append; storage comes from the pool when there is none.
    mutating func append(_ pool: inout BufferPool, _ body: (inout [UInt8]) -> Void) {
        if bytes.capacity == 0 { bytes = pool.take() }
        body(&bytes)
    }

    /// Sends `body` behind everything else.
    mutating func setTail(_ body: [UInt8]) {
        tail = body
        tailSent = 0
    }

    /// Sends as much as the socket takes; gives the storage back when all is gone.
    mutating func send(to socket: Int32, _ pool: inout BufferPool) -> Outcome {
        while !isEmpty {
            let count = sendOnce(socket)
            guard count >= 0 else {
                if errno == EINTR { continue }
                return errno == EAGAIN || errno == EWOULDBLOCK ? .blocked : .failed
            }
            let ofBytes = min(count, bytes.count - sent)
            sent += ofBytes
            tailSent += count - ofBytes
            // Less than everything means that the socket is full: the next attempt would only say so.
            if !isEmpty {
                compact()
                return .blocked
            }
        }
        pool.give(&bytes)
        sent = 0
        tail = []
        tailSent = 0
        return .drained
    }

    private func sendOnce(_ socket: Int32) -> Int {
        bytes.withUnsafeBytes { head in
            let head = UnsafeRawBufferPointer(rebasing: head[sent...])
            guard !tail.isEmpty else { return Glibc.send(socket, head.baseAddress, head.count, Int32(MSG_NOSIGNAL)) }
            return tail.withUnsafeBytes { body in
                let body = UnsafeRawBufferPointer(rebasing: body[tailSent...])
                return omni_send_two(socket, head.baseAddress, head.count, body.baseAddress, body.count)
            }
        }
    }

    /// Drops what was sent once it is the larger part, so that a slow reader's buffer does not creep.
    private mutating func compact() {
        guard sent > bytes.count / 2 else { return }
        bytes.removeFirst(sent)
        sent = 0
    }
}

/// Storage for output, lent to connections only while they have something to send: an idle one holds none.
struct BufferPool {
    private static let largest = 64 << 10
    private static let most = 64

    private var spare: [[UInt8]] = []

    mutating func take() -> [UInt8] {
        if let buffer = spare.popLast() { return buffer }
        var buffer: [UInt8] = []
        buffer.reserveCapacity(4096 - 32)
        return buffer
    }

    mutating func give(_ buffer: inout [UInt8]) {
        if buffer.capacity > 0, buffer.capacity <= Self.largest, spare.count < Self.most {
            buffer.removeAll(keepingCapacity: true)
            spare.append(buffer)
        }
        buffer = []
    }
}
