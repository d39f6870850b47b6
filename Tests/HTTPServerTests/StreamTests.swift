import EventLoop
import HTTPCore
import HTTPServer
import TestSupport
import Testing
import TimeCore

@Suite(.timeLimit(.minutes(1)))
struct StreamTests {
    private static let get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test func `a stream arrives in chunks and ends with an empty one`() async throws {
        let server = try TestServer { _, exchange in
            exchange.startStream(.ok, HTTPHeaders([("Content-Type", "text/event-stream")]))
            for number in 1...3 {
                exchange.write(Array("data: \(number)\n\n".utf8))
                try? await exchange.loop.sleep(for: .milliseconds(5))
            }
            exchange.finish()
        }
        let client = try RawClient(port: server.port)
        for _ in 0..<2 {
            client.send(Self.get)
            let answer = try client.receiveAnswer()
            #expect(answer["transfer-encoding"] == "chunked")
            #expect(answer["content-length"] == nil)
            #expect(answer.text == "data: 1\n\ndata: 2\n\ndata: 3\n\n")
            #expect(answer.isComplete)
        }
    }

    @Test func `the head of a stream is sent before there is any content`() async throws {
        let server = try TestServer { _, exchange in
            exchange.startStream(.ok)
            while !exchange.isClientGone { try? await exchange.loop.sleep(for: .seconds(1)) }
        }
        let client = try RawClient(port: server.port)
        client.send(Self.get)
        #expect(try client.receiveHead().status == 200)
    }

    @Test func `what is written in one turn leaves in one packet`() async throws {
        let server = try TestServer { _, exchange in
            exchange.startStream(.ok)
            for _ in 0..<20 { exchange.write([0x61]) }
            exchange.finish()
        }
        let client = try RawClient(port: server.port)
        client.send(Self.get)
        let packet = String(decoding: try client.receive(), as: UTF8.self)
        #expect(packet.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(packet.hasSuffix("1\r\na\r\n0\r\n\r\n"))
    }

    @Test func `fields behind a body are what the handler says, and nothing else`() async throws {
        let server = try TestServer { _, exchange in
            exchange.startStream(.ok, HTTPHeaders([("Trailer", "X-End")]))
            exchange.write([0x61])
            let fields = [("X-End", "whole\r\nX-Evil: 1"), ("Content-Length", "7"), ("Transfer-Encoding", "gzip")]
            exchange.finish(trailers: HTTPHeaders(fields))
        }
        let client = try RawClient(port: server.port)
        for _ in 0..<2 {
            client.send(Self.get)
            let packet = String(decoding: try client.receive(), as: UTF8.self)
            #expect(packet.contains("\r\nTrailer: X-End\r\n"))
            #expect(packet.hasSuffix("\r\n\r\n1\r\na\r\n0\r\nX-End: whole  X-Evil: 1\r\n\r\n"))
        }
    }

    @Test func `a client of HTTP 1.0 gets nothing behind the body`() async throws {
        let server = try TestServer { _, exchange in
            exchange.startStream(.ok)
            exchange.write([0x61])
            exchange.finish(trailers: HTTPHeaders([("X-End", "whole")]))
        }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.0\r\n\r\n")
        #expect(String(decoding: try client.receive(), as: UTF8.self).hasSuffix("\r\n\r\na"))
    }

    @Test func `a stream without content is a complete answer`() throws {
        let server = try TestServer { _, exchange in
            exchange.startStream(.ok)
            exchange.write([])
            exchange.finish()
        }
        let client = try RawClient(port: server.port)
        client.send(Self.get)
        let answer = try client.receiveAnswer()
        #expect(answer.body.isEmpty && answer.isComplete)
    }

    @Test func `HTTP/1.0 gets a stream that ends with the connection`() async throws {
        let server = try TestServer { _, exchange in
            exchange.startStream(.ok)
            exchange.write(Array("one ".utf8))
            try? await exchange.loop.sleep(for: .milliseconds(5))
            exchange.write(Array("two".utf8))
            exchange.finish()
        }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let answer = try client.receiveAnswer()
        #expect(answer["transfer-encoding"] == nil)
        #expect(answer["connection"] == "close")
        #expect(answer.text == "one two")
    }

    @Test func `an aborted stream is seen to be cut off`() async throws {
        let server = try TestServer { _, exchange in
            exchange.startStream(.ok)
            exchange.write(Array("half".utf8))
            exchange.abort()
        }
        let client = try RawClient(port: server.port)
        client.send(Self.get)
        let answer = try client.receiveAnswer()
        #expect(answer.text == "half")
        #expect(!answer.isComplete)
    }

    @Test func `a handler that returns in the middle of a stream cuts it off`() async throws {
        let server = try TestServer { _, exchange in
            exchange.startStream(.ok)
            exchange.write(Array("half".utf8))
        }
        let client = try RawClient(port: server.port)
        client.send(Self.get)
        let answer = try client.receiveAnswer()
        #expect(answer.text == "half")
        #expect(!answer.isComplete)
    }

    // MARK: - Clients that leave

    /// What became of a handler.
    private final class Fate: Sendable {
        let hasBegun = Flag()
        let wasCancelled = Flag()
        let knewThatClientLeft = Flag()
        /// When the handler learned of it, in nanoseconds.
        let cancelledAt = Counter()

        /// Waits as if for an upstream, until the task is cancelled.
        func wait(_ exchange: Exchange) async {
            hasBegun.set()
            do {
                try await exchange.loop.sleep(for: .seconds(30))
            } catch {
                cancelledAt.add(Int(MonotonicTime.now().nanoseconds))
                if Task.isCancelled { wasCancelled.set() }
                if exchange.isClientGone { knewThatClientLeft.set() }
            }
        }
    }

    /// How a client leaves.
    enum Departure: CaseIterable, Sendable {
        case close, reset, endSending
    }

    @Test(arguments: Departure.allCases, [false, true])
    func `a client that leaves cancels the handler`(_ departure: Departure, _ isStreaming: Bool) async throws {
        let fate = Fate()
        let server = try TestServer { _, exchange in
            if isStreaming {
                exchange.startStream(.ok)
                exchange.write([0x61])
            }
            await fate.wait(exchange)
            exchange.write([0x62])
            exchange.finish()
            exchange.respond(.text("nobody reads this"))
        }
        var client: RawClient? = try RawClient(port: server.port)
        client?.send(Self.get)
        if isStreaming { #expect(try client?.receiveHead().status == 200) }
        try await waitUntil { fate.hasBegun.isSet }
        let leftAt = MonotonicTime.now()
        switch departure {
        case .close: client = nil
        case .reset: client?.reset()
        case .endSending: client?.endSending()
        }
        try await waitUntil { fate.wasCancelled.isSet }
        let cancelledAt = MonotonicTime(nanoseconds: UInt64(fate.cancelledAt.value))
        #expect(cancelledAt - leftAt < .milliseconds(50))
        #expect(fate.knewThatClientLeft.isSet)
        try await waitUntil { server.server.openConnections == 0 }
    }

    @Test func `a client that leaves is noticed although it has sent ahead`() async throws {
        let fate = Fate()
        let server = try TestServer { _, exchange in await fate.wait(exchange) }
        do {
            let client = try RawClient(port: server.port)
            client.send(Self.get + Self.get)
            try await waitUntil { fate.hasBegun.isSet }
            client.send(String(repeating: Self.get, count: 100))
        }
        try await waitUntil { fate.wasCancelled.isSet }
        #expect(server.seen.count == 1)
    }

    @Test func `a handler that goes on after its answer is not cancelled when the client leaves`() async throws {
        let isDone = Flag()
        let wasCancelled = Flag()
        let gate = Gate()
        let server = try TestServer { _, exchange in
            exchange.respond(.text("done"))
            await gate.pass(exchange)
            if Task.isCancelled { wasCancelled.set() }
            isDone.set()
        }
        do {
            let client = try RawClient(port: server.port)
            client.send(Self.get)
            #expect(try client.receiveAnswer().text == "done")
        }
        try await waitUntil { server.server.openConnections == 0 }
        gate.open()
        try await waitUntil { isDone.isSet }
        #expect(!wasCancelled.isSet)
    }

    // MARK: - Clients that do not read

    /// Counts what a handler could write before it had to wait.
    private final class Meter: Sendable {
        let written = Counter()
        let isDone = Flag()
    }

    private func floodingServer(_ meter: Meter, total: Int, stall: Duration) throws -> TestServer {
        try TestServer(configure: { $0.stallTimeout = stall }) { _, exchange in
            defer { meter.isDone.set() }
            exchange.startStream(.ok)
            let block = [UInt8](repeating: 0x61, count: 16_384)
            while meter.written.value < total {
                guard (try? await exchange.waitUntilWritable()) != nil else { return }
                exchange.write(block)
                meter.written.add(block.count)
            }
            exchange.finish()
        }
    }

    @Test func `a client that does not read holds its handler back, and is cut off in the end`() async throws {
        let meter = Meter()
        let server = try floodingServer(meter, total: 1 << 30, stall: .milliseconds(400))
        let client = try RawClient(port: server.port, receiveBuffer: 4096)
        client.send(Self.get)
        try await waitUntil { meter.isDone.isSet }
        // 256 KiB in our buffer, one block above it, and what the kernel takes for both ends (at most 4 + 6 MiB by default).
        #expect(meter.written.value < (256 << 10) + 16_384 + (11 << 20))
        try await waitUntil { server.server.openConnections == 0 }
    }

    @Test func `a client that reads slowly gets everything`() async throws {
        let meter = Meter()
        let server = try floodingServer(meter, total: 20 << 20, stall: .seconds(20))
        let client = try RawClient(port: server.port, receiveBuffer: 4096)
        client.send(Self.get)
        let answer = try client.receiveAnswer()
        #expect(answer.isComplete)
        #expect(answer.body.count == 20 << 20)
    }

    @Test func `a handler that never waits is stopped before it fills the memory`() async throws {
        let meter = Meter()
        let server = try TestServer(configure: { $0.streamHardLimit = 1 << 20 }) { _, exchange in
            exchange.startStream(.ok)
            let block = [UInt8](repeating: 0x61, count: 1 << 20)
            while !exchange.isClientGone, meter.written.value < 64 << 20 {
                exchange.write(block)
                meter.written.add(block.count)
            }
            meter.isDone.set()
        }
        let client = try RawClient(port: server.port, receiveBuffer: 4096)
        client.send(Self.get)
        try await waitUntil { meter.isDone.isSet }
        #expect(meter.written.value <= 2 << 20)
    }

    @Test func `a client that is given up before the handler's first wait ends its task`() async throws {
        let meter = Meter()
        let server = try TestServer(configure: { $0.streamHardLimit = 1 << 20 }) { _, exchange in
            exchange.startStream(.ok)
            exchange.write([UInt8](repeating: 0x61, count: 2 << 20))
            while !Task.isCancelled { try? await exchange.loop.sleep(for: .milliseconds(1)) }
            meter.isDone.set()
        }
        let client = try RawClient(port: server.port)
        client.send(Self.get)
        try await waitUntil { meter.isDone.isSet }
        #expect(server.server.openConnections == 0)
    }

    @Test func `requests that were sent ahead are answered in their order`() async throws {
        let server = try TestServer { request, exchange in exchange.respond(.text(request.head.target.path)) }
        let client = try RawClient(port: server.port)
        client.send((0..<500).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
        for number in 0..<500 { #expect(try client.receiveAnswer().text == "/\(number)") }
    }

    @Test func `waiting for the client ends when the task is cancelled from elsewhere`() async throws {
        let meter = Meter()
        let server = try TestServer { _, exchange in
            exchange.startStream(.ok)
            let work = Task(executorPreference: exchange.loop) {
                while (try? await exchange.waitUntilWritable()) != nil {
                    exchange.write([UInt8](repeating: 0x61, count: 65_536))
                }
                meter.isDone.set()
            }
            try? await exchange.loop.sleep(for: .milliseconds(100))
            work.cancel()
            await work.value
            exchange.abort()
        }
        let client = try RawClient(port: server.port, receiveBuffer: 4096)
        client.send(Self.get)
        try await waitUntil { meter.isDone.isSet }
    }
}
