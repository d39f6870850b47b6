import Foundation
import Glibc
import Synchronization
import Testing

/// A small HTTP client that keeps cookies, one connection per request.
final class TestClient: Sendable {
    struct Answer {
        let status: Int
        let headers: [(name: String, value: String)]
        let body: Data

        func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }

        var text: String { String(decoding: body, as: UTF8.self) }

        /// The body as an object.
        var json: [String: Any] { (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:] }

        /// The fields that a validation error names.
        var invalidFields: Set<String> {
            let error = json["error"] as? [String: Any]
            let details = error?["details"] as? [[String: Any]] ?? []
            return Set(details.compactMap { $0["field"] as? String })
        }

        /// The text of an error in any of its shapes.
        var error: String? {
            json["error"] as? String ?? (json["error"] as? [String: Any])?["message"] as? String
        }
    }

    /// Kept alive as long as there are clients of it.
    private let server: TestServer
    private let cookie = Mutex<String?>(nil)
    /// Sent with every request.
    let headers: [(String, String)]

    init(_ server: TestServer, headers: [(String, String)] = []) {
        self.server = server
        self.headers = headers
    }

    func with(_ headers: (String, String)...) -> TestClient {
        let copy = TestClient(server, headers: self.headers + headers)
        copy.cookie.withLock { $0 = cookie.withLock(\.self) }
        return copy
    }

    @discardableResult
    func send(_ method: String, _ path: String, _ body: Any? = nil) throws -> Answer {
        let data = try body.map { try JSONSerialization.data(withJSONObject: $0, options: .fragmentsAllowed) }
        return try send(method, path, raw: data)
    }

    func send(_ method: String, _ path: String, raw body: Data?) throws -> Answer {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nConnection: close\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let cookie = cookie.withLock(\.self) { head += "Cookie: \(cookie)\r\n" }
        if let body { head += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n" }
        let bytes = try exchange(Array((head + "\r\n").utf8) + (body.map { Array($0) } ?? []))
        let answer = try parse(bytes)
        if let set = answer.header("Set-Cookie") {
            let value = String(set.prefix { $0 != ";" })
            cookie.withLock { $0 = set.contains("Max-Age=0") ? nil : value }
        }
        return answer
    }

    private func exchange(_ request: [UInt8]) throws -> [UInt8] {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(server.port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        try #require(Glibc.send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count)
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { return received }
            received += buffer.prefix(count)
        }
    }

    private func parse(_ bytes: [UInt8]) throws -> Answer {
        let split = try #require(bytes.firstRange(of: Array("\r\n\r\n".utf8)))
        let lines = String(decoding: bytes[..<split.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let status = try #require(Int(lines[0].split(separator: " ")[1]))
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            return (String(line[..<colon]), value)
        }
        return Answer(status: status, headers: headers, body: Data(bytes[split.upperBound...]))
    }
}
