private import Glibc
package import JSONCore

/// Talks to the running server over the socket in its data directory.
///
/// The kernel tells the server who we are, so no password or token is needed, and nobody else can connect.
///
/// One request per connection, blocking: a command has nothing else to do.
package struct SocketClient: Sendable {
    package static let fileName = "omniroute.sock"

    private let directory: String

    package init(directory: String) {
        self.directory = directory
    }

    /// An answer of the server.
    package struct Answer: Sendable {
        package let status: Int
        package let body: [UInt8]

        /// The body as JSON.
        package func json() throws(CommandError) -> JSONDocument {
            do {
                return try JSONDocument.parse(body)
            } catch {
                throw CommandError(.unavailable, "The server's answer cannot be read")
            }
        }
    }

    /// Whether a server listens.
    package func isReachable() -> Bool {
        guard let connection = try? Connection(directory: directory) else { return false }
        connection.close()
        return true
    }

    /// Sends a request and waits for the whole answer.
    package func send(
        _ method: String,
        _ path: String,
        body: [UInt8]? = nil,
        timeout seconds: Int = 120
    ) throws(CommandError) -> Answer {
        let connection = try Connection(directory: directory)
        defer { connection.close() }
        connection.setTimeout(seconds)
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: application/json\r\n"
        if let body { head += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n" }
        try connection.write(Array((head + "\r\n").utf8) + (body ?? []))
        return try AnswerReader.read(connection)
    }
}

/// A connected stream socket.
private struct Connection {
    private let descriptor: Int32

    /// Connects through `/proc/self/fd`: socket names may have 108 bytes, paths of data directories more.
    init(directory: String) throws(CommandError) {
        let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw CommandError(.unavailable, "There is no data directory at \(directory)") }
        defer { Glibc.close(folder) }
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw CommandError(.software, "No socket: \(systemError())") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = "/proc/self/fd/\(folder)/\(SocketClient.fileName)"
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let reason = systemError()
            Glibc.close(socket)
            throw CommandError(
                .unavailable,
                "The server does not answer on \(directory)/\(SocketClient.fileName): \(reason)"
            )
        }
        descriptor = socket
    }

    func close() { Glibc.close(descriptor) }

    func setTimeout(_ seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    func write(_ bytes: [UInt8]) throws(CommandError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CommandError(.unavailable, "The server hung up: \(systemError())") }
            rest = rest.dropFirst(count)
        }
    }

    /// The next bytes; empty at the end.
    func read() throws(CommandError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                let isTimeout = errno == EAGAIN || errno == EWOULDBLOCK
                throw CommandError(
                    .unavailable,
                    isTimeout ? "The server does not answer in time" : "The server hung up: \(systemError())"
                )
            }
            return Array(buffer.prefix(count))
        }
    }
}

/// Reads one answer; the connection ends with it.
private enum AnswerReader {
    static func read(_ connection: Connection) throws(CommandError) -> SocketClient.Answer {
        var bytes: [UInt8] = []
        while true {
            let part = try connection.read()
            if part.isEmpty { break }
            bytes += part
            guard bytes.count <= 256 << 20 else { throw CommandError(.unavailable, "The server's answer is too long") }
        }
        guard let split = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw CommandError(.unavailable, "The server hung up without an answer")
        }
        let head = String(decoding: bytes[..<split.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let words = head.first?.split(separator: " ") ?? []
        guard words.count >= 2, let status = Int(words[1]) else {
            throw CommandError(.unavailable, "The server's answer cannot be read")
        }
        let isChunked = head.contains { line in
            let line = line.lowercased()
            return line.hasPrefix("transfer-encoding:") && line.hasSuffix("chunked")
        }
        let body = Array(bytes[split.upperBound...])
        return SocketClient.Answer(status: status, body: isChunked ? try unchunked(body) : body)
    }

    private static func unchunked(_ bytes: [UInt8]) throws(CommandError) -> [UInt8] {
        var rest = bytes[...]
        var body: [UInt8] = []
        while let line = rest.firstRange(of: [0x0D, 0x0A]) {
            let text = String(decoding: rest[..<line.lowerBound].prefix { $0 != 0x3B }, as: UTF8.self)
            guard let size = Int(text, radix: 16), size >= 0 else { break }
            if size == 0 { return body }
            rest = rest[line.upperBound...]
            guard rest.count >= size + 2 else { break }
            body += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        throw CommandError(.unavailable, "The server's answer broke off")
    }
}

/// What the last failed system call says.
func systemError() -> String { String(cString: strerror(errno)) }
