private import Glibc
import JSONCore

/// A model server found on this machine.
package struct FoundServer: Sendable, Hashable {
    /// The provider of the catalogue that speaks to it.
    package let provider: String
    package let name: String
    package let port: Int
    /// How many models it lists.
    package let models: Int

    /// The base URL of a connection to it.
    ///
    /// Ollama's own API is at its root; under `/v1` is only an imitation of OpenAI's.
    package var baseURL: String { "http://127.0.0.1:\(port)" + (provider == "ollama-local" ? "" : "/v1") }
}

/// Looks for model servers on their usual ports of the loopback interface, and nowhere else.
package enum LocalServers {
    /// What is looked for.
    package struct Candidate: Sendable, Hashable {
        package let provider: String
        package let name: String
        package let port: Int

        package init(provider: String, name: String, port: Int) {
            self.provider = provider
            self.name = name
            self.port = port
        }
    }

    package static let usual = [
        Candidate(provider: "ollama-local", name: "Ollama", port: 11434),
        Candidate(provider: "lm-studio", name: "LM Studio", port: 1234),
        Candidate(provider: "llama-cpp", name: "llama.cpp", port: 8080),
        Candidate(provider: "vllm", name: "vLLM", port: 8000),
    ]

    /// Asks every candidate for its model list; a port where nothing answers like a model server is passed over.
    package static func find(_ candidates: [Candidate] = usual, timeoutMilliseconds: Int = 300) -> [FoundServer] {
        candidates.compactMap { candidate in
            guard let body = get("/v1/models", port: candidate.port, timeoutMilliseconds: timeoutMilliseconds),
                let document = try? JSONDocument.parse(body), let list = document.root["data"], list.isArray
            else { return nil }
            return FoundServer(
                provider: candidate.provider,
                name: candidate.name,
                port: candidate.port,
                models: list.count
            )
        }
    }

    /// The body of a 200 answer that arrives in time; HTTP/1.0 asks for one without chunks.
    private static func get(_ path: String, port: Int, timeoutMilliseconds: Int) -> [UInt8]? {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return nil }
        defer { close(socket) }
        var limit = timeval(tv_sec: timeoutMilliseconds / 1000, tv_usec: timeoutMilliseconds % 1000 * 1000)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(socket, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let request = Array("GET \(path) HTTP/1.0\r\nHost: 127.0.0.1:\(port)\r\nAccept: application/json\r\n\r\n".utf8)
        guard connected == 0,
            request.withUnsafeBytes({ send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }) == request.count
        else { return nil }
        return answer(from: socket, timeoutMilliseconds: timeoutMilliseconds)
    }

    private static func answer(from socket: Int32, timeoutMilliseconds: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let deadline = ContinuousClock.now + .milliseconds(timeoutMilliseconds * 4)
        while bytes.count < 4 << 20, ContinuousClock.now < deadline {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count <= 0 { break }
            bytes += buffer.prefix(count)
            if isComplete(bytes) { break }
        }
        guard let split = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let status = String(decoding: bytes.prefix(16), as: UTF8.self).split(separator: " ").dropFirst().first
        return status == "200" ? Array(bytes[split.upperBound...]) : nil
    }

    /// Whether a declared length has arrived, for servers that keep the connection open all the same.
    private static func isComplete(_ bytes: [UInt8]) -> Bool {
        guard let split = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return false }
        let head = String(decoding: bytes[..<split.lowerBound], as: UTF8.self).lowercased()
        guard let mark = head.firstRange(of: "content-length:") else { return false }
        let digits = head[mark.upperBound...].drop { $0 == " " }.prefix { $0.isNumber }
        return Int(digits).map { bytes.count - split.upperBound >= $0 } ?? false
    }
}
