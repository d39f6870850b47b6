import Foundation

/// A certificate authority made for one test run, and what it signed; in a directory that is removed at the end.
final class Certificates: Sendable {
    private let directory: URL

    /// Nil when the `openssl` program is missing.
    init?() throws {
        guard Tool.path("openssl") != nil else { return nil }
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("ca-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=Test-Authority")
        try sign("good", names: "DNS:localhost,IP:127.0.0.1", days: 2)
        try sign("other", names: "DNS:other.example", days: 2)
        try sign("expired", names: "DNS:localhost,IP:127.0.0.1", days: -1)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func openssl(_ arguments: String) throws {
        _ = try Tool.run(["openssl"] + arguments.split(separator: " ").map(String.init), in: directory)
    }

    private func sign(_ name: String, names: String, days: Int) throws {
        try Data("subjectAltName=\(names)\n".utf8).write(to: directory.appendingPathComponent("\(name).cnf"))
        try openssl("req -newkey rsa:2048 -nodes -keyout \(name).key -out \(name).csr -subj /CN=\(name)")
        try openssl(
            "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -out \(name).pem -days \(days) "
                + "-extfile \(name).cnf"
        )
    }

    func path(_ file: String) -> String { directory.appendingPathComponent(file).path }

    var authority: [UInt8] { (try? Data(contentsOf: URL(fileURLWithPath: path("ca.pem")))).map(Array.init) ?? [] }
}

/// A server program that runs beside a test.
final class Program: @unchecked Sendable {
    private let process = Process()
    private let output = Pipe()

    /// Nil when the program is not installed.
    init?(_ command: [String]) throws {
        guard let path = Tool.path(command[0]) else { return nil }
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = Array(command.dropFirst())
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        // Not `terminate`: the thread that started it may have had that signal blocked, which the program inherits.
        kill(process.processIdentifier, SIGKILL)
    }

    /// The first line the program writes.
    func firstLine() -> String {
        var line = Data()
        while let byte = try? output.fileHandleForReading.read(upToCount: 1), byte.first != 0x0A, !byte.isEmpty {
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// The TCP port of IPv4 the program listens on, from the kernel's table; for programs that do not tell.
    func listeningPort() async throws -> Int? {
        for _ in 0..<500 {
            if let port = try lookUpPort() { return port }
            guard process.isRunning else { return nil }
            try await Task.sleep(for: .milliseconds(10))
        }
        return nil
    }

    private func lookUpPort() throws -> Int? {
        let folder = "/proc/\(process.processIdentifier)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let sockets = Set(
            names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") }
        )
        for line in try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8).split(separator: "\n").dropFirst() {
            let columns = line.split(separator: " ")
            guard columns.count > 9, columns[3] == "0A", sockets.contains("socket:[\(columns[9])]") else { continue }
            return Int(columns[1].suffix(4), radix: 16)
        }
        return nil
    }
}
