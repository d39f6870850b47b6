import Dialects
import HTTPClient
import HTTPCore
import HTTPServer
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// How much is downloaded for a request: everything up to its limits, and nothing beyond them.
@Suite(.timeLimit(.minutes(1))) struct MediaLimitTests {
    /// Requests that wait for each other.
    private final class Crowd: Sendable {
        private struct State {
            var wanted: Int
            var arrived = 0
            var present = 0
            var most = 0
            var waiting: [CheckedContinuation<Void, Never>] = []

            /// Those that need wait no longer, nor does whoever comes later.
            mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
                wanted = 0
                defer { waiting = [] }
                return waiting
            }
        }

        private let state: Mutex<State>

        init(of wanted: Int) { state = Mutex(State(wanted: wanted)) }

        /// The most that were there together.
        var most: Int { state.withLock { $0.most } }

        /// Waits until as many have come as are wanted.
        func enter() async {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state in
                    state.arrived += 1
                    state.present += 1
                    state.most = max(state.most, state.present)
                    state.waiting.append(continuation)
                    return state.arrived >= state.wanted ? state.takeWaiting() : []
                }
                for continuation in ready { continuation.resume() }
            }
        }

        func leave() { state.withLock { $0.present -= 1 } }

        /// Lets everybody go.
        func dissolve() { for continuation in state.withLock({ $0.takeWaiting() }) { continuation.resume() } }
    }

    /// A site of pictures: `/<n>` is one of n bytes, `/hops/<n>` leads to one in n steps.
    private static func site(_ crowd: Crowd = Crowd(of: 0)) throws -> TestServer {
        try TestServer { request, exchange in
            await crowd.enter()
            exchange.respond(answer(request.head.target.path))
            crowd.leave()
        }
    }

    private static func answer(_ path: String) -> Response {
        let parts = path.split(separator: "/")
        if parts.first == "hops", let left = parts.last.flatMap({ Int($0) }) {
            let place = left == 1 ? "/8" : "/hops/\(left - 1)"
            return Response(.found, headers: HTTPHeaders([("location", place)]), body: .bytes([]))
        }
        let size = parts.first.flatMap { Int($0) } ?? 8
        let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        return Response(.ok, headers: HTTPHeaders(), body: .bytes(png + [UInt8](repeating: 1, count: size - 8)))
    }

    /// What is fetched of the paths: their sizes as base64, or why there are none.
    private static func fetch(
        _ paths: [String],
        of site: TestServer,
        _ change: @escaping @Sendable (inout MediaFetcher.Limits) -> Void = { _ in }
    ) async throws -> (sizes: [Int], error: DialectError?) {
        let urls = paths.map { "http://127.0.0.1:\(site.port)\($0)" }
        return try await withWorld { world async throws in
            var settings = GatewaySettings.quiet()
            settings.mediaEgress = .allowPrivate
            var fetcher = MediaFetcher(
                client: try world.gateway.client(on: world.loop),
                settings: settings,
                loop: world.loop
            )
            change(&fetcher.limits)
            do {
                let media = try await fetcher.fetch(urls)
                return (urls.compactMap { media[$0]?.size }, nil)
            } catch let error as DialectError {
                return ([], error)
            }
        }
    }

    @Test func `the limits are those that are documented`() {
        let limits = MediaFetcher.Limits()
        #expect(limits.bytes == 20 * 1_024 * 1_024 && limits.total == 48 * 1_024 * 1_024)
        #expect(limits.time == .seconds(10) && limits.redirects == 5 && limits.atOnce == 3)
    }

    @Test func `a file may be as large as its limit`() async throws {
        let site = try Self.site()
        #expect(try await Self.fetch(["/3000"], of: site) { $0.bytes = 3_000 }.sizes == [4_000])
        let error = try await Self.fetch(["/3001"], of: site) { $0.bytes = 3_000 }.error
        #expect(error?.failure.status == 400 && error?.code == "invalid_media_url" && error?.param == "messages")
    }

    @Test func `all files together may be as large as theirs`() async throws {
        let site = try Self.site()
        let paths = ["/300", "/600", "/900"]
        #expect(try await Self.fetch(paths, of: site) { $0.total = 2_400 }.sizes == [400, 800, 1_200])
        let error = try await Self.fetch(paths, of: site) { $0.total = 2_399 }.error
        #expect(error?.message.contains("all files together are too large") == true)
    }

    @Test func `so many steps lead to a file, and no more`() async throws {
        let site = try Self.site()
        #expect(try await Self.fetch(["/hops/5"], of: site).sizes == [12])
        #expect(site.seen.count == 6)
        let error = try await Self.fetch(["/hops/6"], of: site).error
        #expect(error?.message.contains("it leads from place to place") == true)
        #expect(site.seen.count == 12, "the seventh place is not asked")
    }

    @Test func `a few files are fetched at once, the others after them`() async throws {
        let crowd = Crowd(of: 3)
        let site = try Self.site(crowd)
        let paths = (8..<18).map { "/\($0)" }
        #expect(try await Self.fetch(paths, of: site).sizes.count == 10)
        #expect(crowd.most == 3 && site.seen.count == 10)
    }

    @Test func `a file that does not come in time is waited for no longer`() async throws {
        let crowd = Crowd(of: .max)
        defer { crowd.dissolve() }
        let error = try await Self.fetch(["/8"], of: try Self.site(crowd)) { $0.time = .milliseconds(50) }.error
        #expect(error?.message.contains("it takes too long") == true)
    }

    @Test func `the time is that of all steps together`() async throws {
        let site = try Self.site()
        let error = try await Self.fetch(["/hops/5"], of: site) { $0.time = .nanoseconds(1) }.error
        #expect(error?.message.contains("it takes too long") == true && site.seen.isEmpty)
    }

    @Test func `the first file that cannot be had ends the fetching`() async throws {
        let site = try Self.site()
        let paths = ["/hops/9"] + (8..<40).map { "/\($0)" }
        let error = try await Self.fetch(paths, of: site) { $0.atOnce = 1 }.error
        #expect(error != nil && site.seen.count == 6, "nothing behind it is asked for")
    }
}
