import EventLoop
import Foundation
import HTTPCore
import LogCore
import Synchronization
import Testing

@testable import HTTPClient

/// Which ways a test's requests go.
enum Ways {
    /// All through libcurl, then again directly where that is possible: what holds for a client holds for both.
    case both
    /// As the client chooses, for what only libcurl can do.
    case chosen
}

/// Runs `body` on a loop with a client of its own, as the gateway does; with both ways twice, and the second result counts.
@discardableResult
func withClient<Value: Sendable>(
    _ configuration: ClientConfiguration = ClientConfiguration(),
    ways: Ways = .both,
    _ body: @escaping @Sendable (HTTPClient, EventLoop) async throws -> Value
) async throws -> Value {
    var throughLibcurl = configuration
    throughLibcurl.connectsDirectly = false
    if ways == .both { _ = try await withOneClient(throughLibcurl, body) }
    return try await withOneClient(configuration, body)
}

private func withOneClient<Value: Sendable>(
    _ configuration: ClientConfiguration,
    _ body: @escaping @Sendable (HTTPClient, EventLoop) async throws -> Value
) async throws -> Value {
    let group = try EventLoopGroup(count: 1)
    try group.start()
    let loop = group.loops[0]
    let client = try HTTPClient(loop: loop, configuration: configuration, log: .silent)
    let result = await Task(executorPreference: loop) { try await body(client, loop) }.result
    client.close()
    await withCheckedContinuation { continuation in loop.execute { continuation.resume() } }
    group.stopAndJoin()
    return try result.get()
}

/// Runs `body` with a scripted server of its own besides; twice, as `withClient` does.
@discardableResult
func withServer<Value: Sendable>(
    _ script: @escaping ScriptedServer.Script,
    configuration: ClientConfiguration = ClientConfiguration(),
    ways: Ways = .both,
    _ body: @escaping @Sendable (HTTPClient, ScriptedServer) async throws -> Value
) async throws -> Value {
    try await withClient(configuration, ways: ways) { client, _ in
        let server = try ScriptedServer(script)
        defer { server.stop() }
        return try await body(client, server)
    }
}

extension ClientRequest {
    /// A GET that may reach this machine.
    static func local(
        _ url: String,
        pool: String = "account",
        _ change: (inout ClientRequest) -> Void = { _ in }
    )
        -> ClientRequest
    {
        var request = ClientRequest(url: url, pool: pool, egress: .allowPrivate)
        change(&request)
        return request
    }
}

/// The error of a call that must fail.
func failure<Value>(_ body: () async throws -> Value) async -> TransferError.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? TransferError)?.code
    }
}

extension HTTPClient {
    /// The whole answer as text.
    func text(_ request: ClientRequest) async throws -> String {
        String(decoding: try await send(request).collect(limit: 1 << 30), as: UTF8.self)
    }
}

/// What other threads report to a test, in order.
final class Reports<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func add(_ value: Value) { continuation.yield(value) }

    /// The next report, waiting for it.
    func next() async -> Value? {
        for await value in stream { return value }
        return nil
    }
}
