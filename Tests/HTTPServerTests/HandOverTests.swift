import EventLoop
import HTTPCore
import HTTPServer
import Synchronization
import TestSupport
import Testing

/// Answers that a task of their own goes on with.
@Suite(.timeLimit(.minutes(1)))
struct HandOverTests {
    private static let get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

    /// Something that a handler holds while it runs.
    private final class Burden: Sendable {
        let wasReleased: Flag
        init(_ wasReleased: Flag) { self.wasReleased = wasReleased }
        deinit { wasReleased.set() }
    }

    @Test(arguments: [false, true])
    func `the rest of an answer goes on without what its handler held`(_ waitsBefore: Bool) async throws {
        let (wasReleased, gate) = (Flag(), Gate())
        let server = try TestServer { request, exchange in
            let burden = Burden(wasReleased)
            if waitsBefore { try? await exchange.loop.sleep(for: .milliseconds(1)) }
            exchange.startStream(.ok)
            exchange.write(Array("one ".utf8))
            exchange.handOver {
                await gate.pass(exchange)
                exchange.write(Array("two".utf8))
                exchange.finish()
            }
            withExtendedLifetime(burden) {}
        }
        let client = try RawClient(port: server.port)
        client.send(Self.get)
        try await waitUntil { wasReleased.isSet }
        #expect(server.ended == 0)
        gate.open()
        // The connection is as good as before.
        for _ in 0..<2 {
            let answer = try client.receiveAnswer()
            #expect(answer.text == "one two" && answer.isComplete)
            client.send(Self.get)
        }
        try await waitUntil { server.ended == 3 }
    }

    @Test func `the head of a request is let go of when its answer begins`() async throws {
        let heads = Mutex<[WeakHead]>([])
        let (hasBegun, gate) = (Flag(), Gate())
        let server = try TestServer { request, exchange in
            heads.withLock { $0.append(WeakHead(request.head)) }
            exchange.startStream(.ok)
            exchange.handOver {
                hasBegun.set()
                await gate.pass(exchange)
                exchange.finish()
            }
        }
        let client = try RawClient(port: server.port)
        client.send(Self.get)
        try await waitUntil { hasBegun.isSet && heads.withLock { $0.first?.head == nil } }
        gate.open()
        #expect(try client.receiveAnswer().isComplete)
    }

    private struct WeakHead: Sendable {
        weak let head: RequestHead?
        init(_ head: RequestHead) { self.head = head }
    }

    @Test(arguments: [false, true])
    func `a client that leaves cancels the rest`(_ waitsBefore: Bool) async throws {
        let (hasBegun, wasCancelled) = (Flag(), Flag())
        let server = try TestServer { _, exchange in
            if waitsBefore { try? await exchange.loop.sleep(for: .milliseconds(1)) }
            exchange.startStream(.ok)
            exchange.handOver {
                hasBegun.set()
                do { try await exchange.loop.sleep(for: .seconds(30)) } catch { wasCancelled.set() }
            }
        }
        let client = try RawClient(port: server.port)
        client.send(Self.get)
        try await waitUntil { hasBegun.isSet }
        client.reset()
        try await waitUntil { wasCancelled.isSet && server.ended == 1 }
    }

    @Test func `what is handed over for a client that has left is cancelled from the beginning`() async throws {
        let wasCancelled = Flag()
        let server = try TestServer { _, exchange in
            exchange.startStream(.ok)
            while !exchange.isClientGone { try? await exchange.loop.sleep(for: .milliseconds(1)) }
            exchange.handOver { if Task.isCancelled { wasCancelled.set() } }
        }
        let client = try RawClient(port: server.port)
        client.send(Self.get)
        _ = try client.receiveHead()
        client.reset()
        try await waitUntil { wasCancelled.isSet && server.ended == 1 }
    }

    @Test func `a rest that returns in the middle of a stream cuts it off`() async throws {
        let server = try TestServer { _, exchange in
            exchange.startStream(.ok)
            exchange.handOver { exchange.write(Array("half".utf8)) }
        }
        let client = try RawClient(port: server.port)
        client.send(Self.get)
        let answer = try client.receiveAnswer()
        #expect(answer.text == "half" && !answer.isComplete)
    }

    @Test func `a rest can be handed on again`() async throws {
        let server = try TestServer { _, exchange in
            exchange.startStream(.ok)
            exchange.handOver {
                exchange.write(Array("one ".utf8))
                exchange.handOver {
                    exchange.write(Array("two".utf8))
                    exchange.finish()
                }
            }
        }
        let client = try RawClient(port: server.port)
        client.send(Self.get)
        #expect(try client.receiveAnswer().text == "one two")
        try await waitUntil { server.ended == 1 }
    }
}
