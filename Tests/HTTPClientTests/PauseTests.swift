import Foundation
import HTTPCore
import Testing

@testable import HTTPClient

/// A long text without end whose every part tells where it belongs: random bytes repeated at a prime distance.
enum Pattern {
    static let block: [UInt8] = {
        var state: UInt64 = 88_172_645_463_325_252
        return (0..<65_521).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
    }()
    private static let doubled = block + block

    /// Up to 64 KiB from an offset on.
    static func piece(at offset: Int, count: Int) -> ArraySlice<UInt8> {
        let start = offset % block.count
        return doubled[start..<(start + min(count, block.count))]
    }

    /// That many bytes from the start.
    static func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count { bytes += piece(at: bytes.count, count: count - bytes.count) }
        return bytes
    }

    /// Whether bytes are those from an offset on.
    static func matches(_ bytes: [UInt8], at offset: Int) -> Bool {
        var index = 0
        while index < bytes.count {
            let piece = piece(at: offset + index, count: bytes.count - index)
            let isEqual = piece.withUnsafeBytes { expected in
                bytes.withUnsafeBytes { found in
                    guard let left = expected.baseAddress, let right = found.baseAddress else { return true }
                    return memcmp(left, right + index, expected.count) == 0
                }
            }
            guard isEqual else { return false }
            index += piece.count
        }
        return true
    }
}

@Suite(.timeLimit(.minutes(1)))
struct PauseTests {
    /// Sends that many bytes of the pattern, and reports how far it got.
    private static func flood(
        _ total: Int,
        chunked: Bool = false,
        _ progress: Reports<Int>? = nil
    )
        -> ScriptedServer.Script
    {
        { connection in
            try connection.readRequest()
            let framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: \(total)"
            try connection.send("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n")
            var sent = 0
            while sent < total {
                let piece = Array(Pattern.piece(at: sent, count: total - sent))
                if chunked { try connection.send("\(String(piece.count, radix: 16))\r\n") }
                try connection.send(piece)
                if chunked { try connection.send("\r\n") }
                sent += piece.count
                progress?.add(sent)
            }
            if chunked { try connection.send("0\r\n\r\n") }
        }
    }

    @Test(arguments: [false, true])
    func `a slow reader slows the server down and loses nothing`(chunked: Bool) async throws {
        let total = 50 << 20
        let progress = Reports<Int>()
        try await withServer(Self.flood(total, chunked: chunked, progress)) { client, server in
            let response = try await client.send(.local(server.url))
            // Nobody reads: the server gets as far as the kernel's buffers and ours reach, then waits.
            while await progress.next() ?? .max < 1 << 20 {}
            try await Task.sleep(for: .milliseconds(200))
            var received = 0
            var largest = 0
            while let bytes = try await response.read() {
                largest = max(largest, bytes.count)
                #expect(Pattern.matches(bytes, at: received))
                received += bytes.count
                if received < 5 << 20 { try await Task.sleep(for: .milliseconds(1)) }
            }
            #expect(received == total)
            #expect(largest <= (256 << 10) + EasyHandle.receiveBufferSize)
        }
    }

    @Test func `unread transfers hold no more than the high-water mark each`() async throws {
        var configuration = ClientConfiguration()
        configuration.highWaterMark = 64 << 10
        try await withServer(Self.flood(20 << 20), configuration: configuration) { client, server in
            var responses: [ClientResponse] = []
            for _ in 0..<40 { responses.append(try await client.send(.local(server.url))) }
            try await Task.sleep(for: .milliseconds(300))
            for response in responses {
                let unread = try await response.read()?.count ?? 0
                #expect(unread > 0 && unread <= (64 << 10) + EasyHandle.receiveBufferSize)
                response.cancel()
            }
            #expect(client.activeTransfers == 0)
        }
    }

    @Test func `a pause does not count as idling`() async throws {
        let total = 20 << 20
        try await withServer(Self.flood(total)) { client, server in
            let response = try await client.send(.local(server.url) { $0.timeouts.idle = .milliseconds(1500) })
            try await Task.sleep(for: .milliseconds(3000))
            let body = try await response.collect(limit: total)
            #expect(body.count == total && Pattern.matches(body, at: 0))
        }
    }

    @Test func `many slow readers at once all get everything`() async throws {
        let total = 3 << 20
        try await withServer(Self.flood(total)) { client, server in
            try await withThrowingTaskGroup { group in
                for number in 0..<20 {
                    group.addTask {
                        let response = try await client.send(.local(server.url))
                        var received = 0
                        while let bytes = try await response.read() {
                            #expect(Pattern.matches(bytes, at: received))
                            received += bytes.count
                            try await Task.sleep(for: .milliseconds(number % 5))
                        }
                        #expect(received == total)
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
