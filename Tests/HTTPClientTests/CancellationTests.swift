import EventLoop
import Foundation
import HTTPCore
import Synchronization
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1)))
struct CancellationTests {
    /// What the server saw: that the request came, then when the client left.
    private enum Seen: Sendable {
        case request
        case end(ContinuousClock.Instant?)
    }

    /// Answers with the text, then waits for the client to leave.
    private static func stall(after text: String, _ reports: Reports<Seen>) -> ScriptedServer.Script {
        { connection in
            try connection.readRequest()
            try connection.send(text)
            reports.add(.request)
            let left = connection.secondsUntilPeerCloses()
            reports.add(.end(left == nil ? nil : .now))
        }
    }

    /// How long after `start` the server saw the client leave.
    private static func delay(_ reports: Reports<Seen>, since start: ContinuousClock.Instant) async -> Duration {
        guard case .end(let end?)? = await reports.next() else {
            Issue.record("the server did not see the client leave")
            return .zero
        }
        return end - start
    }

    /// Expects that it can happen within 50 ms; a busy machine may need some attempts to show it.
    private func expectPrompt(
        after text: String,
        _ attempt: @escaping @Sendable (HTTPClient, ScriptedServer, Reports<Seen>) async throws -> Duration
    ) async throws {
        var delays: [Duration] = []
        for _ in 0..<5 {
            let reports = Reports<Seen>()
            let delay = try await withServer(Self.stall(after: text, reports)) { client, server in
                let delay = try await attempt(client, server, reports)
                #expect(client.activeTransfers == 0 && client.openConnections == 0)
                return delay
            }
            if delay < .milliseconds(50) { return }
            delays.append(delay)
        }
        Issue.record("never within 50 ms: \(delays)")
    }

    private static let halfAnAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"

    @Test func `cancelling the task that waits for the header ends the transfer`() async throws {
        try await expectPrompt(after: "") { client, server, reports in
            let task = Task { await failure { try await client.send(.local(server.url)) } }
            _ = await reports.next()
            let start = ContinuousClock.now
            task.cancel()
            #expect(await task.value == .cancelled)
            return await Self.delay(reports, since: start)
        }
    }

    @Test(arguments: [true, false])
    func `cancelling the task that waits for content ends the transfer`(onLoop: Bool) async throws {
        try await expectPrompt(after: Self.halfAnAnswer) { client, server, reports in
            let work = { @Sendable in
                await failure { try await client.send(.local(server.url)).collect(limit: 100) }
            }
            let task = onLoop ? Task { await work() } : Task.detached { await work() }
            _ = await reports.next()
            let start = ContinuousClock.now
            if onLoop { task.cancel() } else { Thread { task.cancel() }.start() }
            #expect(await task.value == .cancelled)
            return await Self.delay(reports, since: start)
        }
    }

    @Test func `cancelling the response ends the transfer, and reading it fails`() async throws {
        try await expectPrompt(after: Self.halfAnAnswer) { client, server, reports in
            let response = try await client.send(.local(server.url))
            _ = await reports.next()
            let first = try await response.read()
            #expect(first == Array("half".utf8))
            let start = ContinuousClock.now
            response.cancel()
            #expect(await failure { try await response.read() } == .cancelled)
            return await Self.delay(reports, since: start)
        }
    }

    @Test(arguments: [true, false])
    func `dropping the response ends the transfer`(onLoop: Bool) async throws {
        try await expectPrompt(after: Self.halfAnAnswer) { client, server, reports in
            let held = Holder(try await client.send(.local(server.url)))
            _ = await reports.next()
            let start = ContinuousClock.now
            if onLoop { held.drop() } else { Thread { held.drop() }.start() }
            return await Self.delay(reports, since: start)
        }
    }

    @Test func `a task that was cancelled before sends nothing`() async throws {
        try await withServer({ _ = $0.secondsUntilPeerCloses() }) { client, server in
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                return await failure { try await client.send(.local(server.url)) }
            }
            task.cancel()
            #expect(await task.value == .cancelled)
            #expect(server.connectionCount == 0)
        }
    }

    @Test func `cancelling while the name is resolved does not hold the loop up`() async throws {
        try await withClient { client, loop in
            let start = ContinuousClock.now
            await withTaskGroup { group in
                for number in 0..<20 {
                    group.addTask {
                        await failure {
                            try await client.send(.local("http://no-such-host-\(number).invalid/"))
                        }
                    }
                }
                try? await loop.sleep(for: .milliseconds(20))
                group.cancelAll()
                for await code in group { #expect(code == .cancelled || code == .resolve) }
            }
            #expect(ContinuousClock.now - start < .seconds(2))
            #expect(client.activeTransfers == 0)
        }
    }

    @Test func `cancelling at any moment leaves nothing behind`() async throws {
        let script: ScriptedServer.Script = { connection in
            while true {
                try connection.readRequest()
                try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in 0..<20 {
                    try connection.send("3\r\nabc\r\n")
                    connection.sleep(0.0005)
                }
                try connection.send("0\r\n\r\n")
            }
        }
        try await withServer(script) { client, server in
            await withTaskGroup { group in
                for number in 0..<400 {
                    group.addTask {
                        let task = Task {
                            try? await client.send(.local(server.url)).collect(limit: 1000).count
                        }
                        try? await Task.sleep(for: .microseconds(number * 50))
                        task.cancel()
                        if let count = await task.value { #expect(count == 60) }
                    }
                }
            }
            #expect(client.activeTransfers == 0)
            let text = try await client.text(.local(server.url))
            #expect(text.count == 60)
        }
    }
}

/// Keeps a response until it is told to drop it.
private final class Holder: Sendable {
    private let response: Mutex<ClientResponse?>

    init(_ response: ClientResponse) {
        self.response = Mutex(response)
    }

    func drop() { response.withLock { $0 = nil } }
}
