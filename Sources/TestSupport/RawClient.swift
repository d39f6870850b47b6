private import Glibc

/// A blocking client that sends bytes as they are; every wait ends after five seconds.
public final class RawClient {
    /// A client's complaint.
    public struct Failure: Error, CustomStringConvertible {
        /// What happened.
        public let description: String
    }

    /// An answer, split but not interpreted.
    public struct Answer: Sendable {
        /// The status line.
        public var statusLine: String
        /// Field lines in order, names in lower case.
        public var fields: [(name: String, value: String)]
        /// The body with its chunked coding removed.
        public var body: [UInt8]
        /// Field lines behind a chunked body, names in lower case.
        public var trailers: [(name: String, value: String)] = []
        /// Whether the body ended as its framing says.
        public var isComplete: Bool

        /// The number in the status line, 0 if there is none.
        public var status: Int { statusLine.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0 }
        /// The body as text.
        public var text: String { String(decoding: body, as: UTF8.self) }
        /// The first value of a field.
        public subscript(name: String) -> String? { fields.first { $0.name == name.lowercased() }?.value }
    }

    private let descriptor: Int32
    private var received: [UInt8] = []

    /// Connects to a port of 127.0.0.1.
    ///
    /// - Parameters:
    ///   - port: the port.
    ///   - receiveBuffer: the size of the kernel's buffer, small for clients that are to seem slow.
    /// - Throws: `Failure` when nobody listens there.
    public init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "socket: \(errno)") }
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(description: "connect: \(errno)") }
        setTimeout(5)
    }

    /// Connects to a UNIX socket.
    public init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "socket: \(errno)") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Failure(description: "connect: \(errno)") }
        setTimeout(5)
    }

    deinit {
        close(descriptor)
    }

    private func setTimeout(_ seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    }

    // MARK: - Sending

    /// Sends bytes; false when the server has closed or takes nothing for five seconds.
    @discardableResult
    public func send(_ bytes: some Collection<UInt8>) -> Bool {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor,
                    $0.baseAddress.map { $0 + sent },
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Sends text as UTF-8.
    @discardableResult
    public func send(_ text: String) -> Bool {
        send(Array(text.utf8))
    }

    /// Ends our side of the connection; answers can still be read.
    public func endSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Closes with a reset instead of an orderly end.
    public func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        // The descriptor is closed once more at release; a duplicate of /dev/null keeps its number from being reused.
        let null = open("/dev/null", O_RDONLY)
        dup2(null, descriptor)
        close(null)
    }

    // MARK: - Receiving

    /// Takes what arrives next; empty when the server has closed.
    ///
    /// - Throws: `Failure` when nothing arrives for five seconds.
    public func receive() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == ECONNRESET || errno == EPIPE { return [] }
            guard count >= 0 else { throw Failure(description: "nothing received: \(errno)") }
            return Array(buffer[..<count])
        }
    }

    /// Everything up to the server's close.
    public func receiveAll() throws -> [UInt8] {
        var all = received
        received = []
        while true {
            let part = try receive()
            if part.isEmpty { return all }
            all += part
        }
    }

    /// Whether the server closes the connection without sending anything more.
    public func isClosedByServer() throws -> Bool {
        guard received.isEmpty else { return false }
        received = try receive()
        return received.isEmpty
    }

    /// Reads until `count` bytes have arrived in all; fewer when the server closes before.
    public func receive(_ count: Int) throws -> [UInt8] {
        while received.count < count {
            let part = try receive()
            if part.isEmpty { break }
            received += part
        }
        let taken = Array(received.prefix(count))
        received.removeFirst(taken.count)
        return taken
    }

    /// Reads one line without its line end; nil when the server closes before its end.
    public func receiveLine() throws -> String? {
        while true {
            if let end = received.firstIndex(of: 0x0A) {
                let line = received[..<end]
                received.removeFirst(end + 1)
                return String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            }
            let part = try receive()
            if part.isEmpty { return nil }
            received += part
        }
    }

    /// Reads a status line and its fields.
    public func receiveHead() throws -> Answer {
        guard let statusLine = try receiveLine() else { throw Failure(description: "closed before an answer") }
        let fields = try receiveFields() ?? []
        return Answer(statusLine: statusLine, fields: fields, body: [], isComplete: false)
    }

    /// Reads field lines up to the empty line behind them; nil when the server closes before that.
    private func receiveFields() throws -> [(name: String, value: String)]? {
        var fields: [(name: String, value: String)] = []
        while let line = try receiveLine() {
            if line.isEmpty { return fields }
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw Failure(description: "not a field: \(line)") }
            fields.append((parts[0].lowercased(), String(parts[1].drop { $0 == " " })))
        }
        return nil
    }

    /// Reads one answer.
    ///
    /// - Parameter hasBody: false for an answer to HEAD.
    /// - Throws: `Failure` when there is none.
    /// - Returns: the answer; incomplete if the server closed in the middle of its body.
    public func receiveAnswer(hasBody: Bool = true) throws -> Answer {
        var answer = try receiveHead()
        guard hasBody, answer.status >= 200, answer.status != 204, answer.status != 304 else {
            answer.isComplete = true
            return answer
        }
        if answer["transfer-encoding"] == "chunked" {
            while let chunk = try receiveChunk() {
                answer.body += chunk
                guard chunk.isEmpty else { continue }
                let trailers = try receiveFields()
                answer.trailers = trailers ?? []
                answer.isComplete = trailers != nil
                break
            }
        } else if let length = answer["content-length"].flatMap({ Int($0) }) {
            answer.body = try receive(length)
            answer.isComplete = answer.body.count == length
        } else {
            answer.body = try receiveAll()
            answer.isComplete = true
        }
        return answer
    }

    /// Reads one chunk; empty for the last, behind which fields may follow, nil when the server closes before its end.
    private func receiveChunk() throws -> [UInt8]? {
        guard let line = try receiveLine(), let size = Int(line, radix: 16) else { return nil }
        guard size > 0 else { return [] }
        let data = try receive(size)
        guard data.count == size, try receiveLine() == "" else { return nil }
        return data
    }
}
