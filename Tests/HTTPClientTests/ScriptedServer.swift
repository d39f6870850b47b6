import Foundation
import Synchronization

/// A server on a free port of 127.0.0.1 that does exactly what its script says, one blocking thread per connection.
final class ScriptedServer: Sendable {
    typealias Script = @Sendable (Connection) throws -> Void

    let port: Int
    private let listener: Int32
    private let state = Mutex(State())

    private struct State {
        var connections: [Connection] = []
        var isStopped = false
    }

    /// The script broke off because the peer is gone.
    struct PeerGone: Error {}

    init(_ script: @escaping Script) throws {
        (listener, port) = try Self.listen(backlog: 1024)
        let thread = Thread { [listener] in
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { return }
                guard let connection = self.admit(descriptor) else { return }
                let worker = Thread {
                    try? script(connection)
                    connection.close()
                }
                worker.stackSize = 256 << 10
                worker.start()
            }
        }
        thread.start()
    }

    static func listen(backlog: Int32) throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && Glibc.listen(descriptor, backlog) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard result else { throw POSIXError(.EADDRINUSE) }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    var url: String { "http://127.0.0.1:\(port)" }

    /// Connections accepted so far.
    var connectionCount: Int { state.withLock { $0.connections.count } }

    private func admit(_ descriptor: Int32) -> Connection? {
        state.withLock { state in
            guard !state.isStopped else {
                Glibc.close(descriptor)
                return nil
            }
            let connection = Connection(descriptor, index: state.connections.count)
            state.connections.append(connection)
            return connection
        }
    }

    func stop() {
        let connections = state.withLock { state in
            state.isStopped = true
            return state.connections
        }
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
        for connection in connections { connection.abandon() }
    }

    /// One accepted connection, used by its script's thread.
    final class Connection: Sendable {
        let index: Int
        private let descriptor: Int32
        private let isClosed = Mutex(false)
        private let pending = Mutex<[UInt8]>([])

        init(_ descriptor: Int32, index: Int) {
            self.descriptor = descriptor
            self.index = index
        }

        struct Request {
            var head: String
            var body: [UInt8]
            var requestLine: String { String(head.prefix { $0 != "\r\n" }) }
            /// Values of a field, in order.
            func values(_ name: String) -> [String] {
                head.split(separator: "\r\n").dropFirst().compactMap { line in
                    let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                    guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { return nil }
                    return parts[1].trimmingCharacters(in: .whitespaces)
                }
            }
        }

        /// Reads a head and as much content as its length says.
        @discardableResult
        func readRequest() throws -> Request {
            let head = try read { bytes in bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound }
            var request = Request(head: String(decoding: head, as: UTF8.self), body: [])
            if let length = request.values("content-length").first.flatMap(Int.init) {
                request.body = try read(count: length)
            }
            return request
        }

        func read(count: Int) throws -> [UInt8] {
            try read { $0.count >= count ? count : nil }
        }

        private func read(_ isEnough: ([UInt8]) -> Int?) throws -> [UInt8] {
            while true {
                let taken: [UInt8]? = pending.withLock { pending in
                    guard let count = isEnough(pending) else { return nil }
                    defer { pending.removeFirst(count) }
                    return Array(pending.prefix(count))
                }
                if let taken { return taken }
                var buffer = [UInt8](repeating: 0, count: 64 << 10)
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { throw PeerGone() }
                pending.withLock { $0.append(contentsOf: buffer[..<count]) }
            }
        }

        func send(_ text: String) throws { try send(Array(text.utf8)) }

        func send(_ bytes: [UInt8]) throws {
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { throw PeerGone() }
                sent += count
            }
        }

        /// A complete answer with a length.
        func answer(_ body: String, status: String = "200 OK", fields: [String] = []) throws {
            let head = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + fields + ["", ""]
            try send(head.joined(separator: "\r\n") + body)
        }

        func sleep(_ seconds: Double) { Thread.sleep(forTimeInterval: seconds) }

        /// Waits until the peer closes; nil when it does not in time.
        func secondsUntilPeerCloses(within limit: Double = 10) -> Double? {
            let start = Date()
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while Date().timeIntervalSince(start) < limit {
                var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                guard Glibc.poll(&poll, 1, Int32(limit * 1000)) > 0 else { return nil }
                if recv(descriptor, &buffer, buffer.count, 0) <= 0 { return Date().timeIntervalSince(start) }
            }
            return nil
        }

        /// Ends the connection with RST.
        func reset() {
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
            close()
        }

        func close() {
            isClosed.withLock { isClosed in
                if !isClosed { Glibc.close(descriptor) }
                isClosed = true
            }
        }

        /// Makes a script that still runs end.
        func abandon() {
            isClosed.withLock { isClosed in
                if !isClosed { shutdown(descriptor, Int32(SHUT_RDWR)) }
            }
        }

        /// Raw bytes both ways, for proxies.
        func receive() -> [UInt8]? {
            let kept = pending.withLock { pending in
                defer { pending = [] }
                return pending
            }
            if !kept.isEmpty { return kept }
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            return count > 0 ? Array(buffer[..<count]) : nil
        }
    }
}
