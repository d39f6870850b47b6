import CryptoCore
import Dialects
import HTTPClient
import HTTPCore
import HTTPServer
import JSONCore
import Store
import Testing
import TimeCore

@testable import Gateway

/// Requests that their provider refuses at first.
@Suite(.timeLimit(.minutes(1))) struct SecondTryTests {
    @Test func `a field that the provider does not know is left out of a second try`() async throws {
        let upstream = try Upstream { call in
            call.body.contains("max_tokens")
                ? .failure(400, "Unknown parameter: 'max_tokens'.") : .chat("without")
        }
        try await withWorld { world async throws in
            try await world.connect(upstream, accounts: ["a1", "a2"])
            let answer = await world.ask("near/m1")
            #expect(answer.status == 200 && answer.sink.text.contains("without"))
            #expect(upstream.asked == ["a1 m1", "a1 m1"], "the same account, once more")
            #expect(try world.isReady("near/m1"))
        }
    }

    @Test func `the output limit gets its newer name`() async throws {
        let upstream = try Upstream { call in
            call.body.contains(#""max_completion_tokens":9"#)
                ? .chat("new name")
                : .failure(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        }
        try await withWorld { world async throws in
            try await world.connect(upstream)
            #expect(await world.ask("near/m1").sink.text.contains("new name"))
            #expect(await world.ask("near/m1", .anthropicMessages).sink.text.contains("new name"))
        }
    }

    @Test func `there is one second try only`() async throws {
        let upstream = try Upstream { _ in .failure(400, "Unknown parameter: 'max_tokens'.") }
        try await withWorld { world async throws in
            try await world.connect(upstream, accounts: ["a1", "a2"])
            #expect(await world.ask("near/m1").status == 400)
            #expect(upstream.asked == ["a1 m1", "a1 m1"])
        }
    }

    @Test func `a signature that is not taken goes with its thinking`() async throws {
        let upstream = try Upstream { call in
            guard !call.body.contains("signature") else {
                return .failure(400, "messages.1.content.0: Invalid signature in thinking block")
            }
            let answer =
                #"{"id":"m","type":"message","role":"assistant","model":"m1","content":[{"type":"text","text":"stripped"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}"#
            return .json(Array(answer.utf8))
        }
        let body =
            #"{"model":"near/m1","max_tokens":9,"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"EqQB"},{"type":"text","text":"a"}]},{"role":"user","content":"r"}]}"#
        try await withWorld { world async throws in
            try await world.connect(upstream, type: .anthropicCompatible)
            let sink = RecordingSink()
            try await world.gateway.answer(world.request(body, .anthropicMessages), to: sink)
            #expect(sink.text.contains("stripped") && upstream.calls.count == 2)
        }
    }
}

/// Downloads for targets that take no URLs.
@Suite(.timeLimit(.minutes(1))) struct MediaFetcherTests {
    private static let picture: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// A site with a picture, ways to it, and things that are none.
    private static func site() throws -> Upstream {
        try Upstream { call in
            func redirect(_ place: String) -> Response {
                Response(.found, headers: HTTPHeaders([("location", place)]), body: .bytes([]))
            }
            switch call.path {
            case "/v1/p.png": return Response(.ok, headers: HTTPHeaders(), body: .bytes(picture))
            case "/v1/near": return redirect("p.png")
            case "/v1/far": return redirect("/v1/near")
            case "/v1/loop": return redirect("/v1/loop")
            case "/v1/metadata": return redirect("http://169.254.169.254/latest")
            case "/v1/page": return Response(.ok, headers: HTTPHeaders(), body: .bytes(Array("<html>".utf8)))
            case "/v1/big":
                return Response(.ok, headers: HTTPHeaders(), body: .bytes([UInt8](repeating: 1, count: 21 << 20)))
            case "/api/chat":
                let answer =
                    #"{"model":"m","message":{"role":"assistant","content":"seen"},"done":true,"done_reason":"stop","prompt_eval_count":1,"eval_count":1}"#
                return .json(Array(answer.utf8))
            default: return .failure(404, "not here")
            }
        }
    }

    private static func settings(_ egress: Bool = true) -> GatewaySettings {
        var settings = GatewaySettings.quiet()
        if egress { settings.mediaEgress = .allowPrivate }
        return settings
    }

    private static func ask(_ path: String, _ site: Upstream, _ settings: GatewaySettings) async throws -> String {
        try await withWorld(settings) { world async throws in
            let now = WallTime.now()
            let root = String(site.url.dropLast(3))
            let data = #"{"baseUrl":"\#(root)","allowPrivateNetwork":true}"#
            let connection = Connection(
                provider: "ollama-local",
                name: "o",
                providerSpecificData: try .parse(text: data),
                createdAt: now,
                updatedAt: now
            )
            _ = try await world.store.createConnection(connection)
            let url = path.hasPrefix("/") ? site.url + path : path
            let body =
                #"{"model":"ollama/llava","messages":[{"role":"user","content":[{"type":"text","text":"?"},{"type":"image_url","image_url":{"url":"\#(url)"}}]}]}"#
            let sink = RecordingSink()
            do {
                try await world.gateway.answer(world.request(body), to: sink)
                return sink.text
            } catch let error as Failure {
                return "\(error.status) \(error.message)"
            }
        }
    }

    @Test(arguments: ["/p.png", "/near", "/far"])
    func `a picture by URL is uploaded`(path: String) async throws {
        let site = try Self.site()
        #expect(try await Self.ask(path, site, Self.settings()).contains("seen"))
        let call = try #require(site.calls.last)
        #expect(call.path == "/api/chat" && call.body.contains(#""images":["iVBORw0KGgo="]"#))
    }

    @Test(arguments: [
        ("/loop", "place to place"), ("/metadata", "not public"), ("/page", "neither a picture"),
        ("/none", "status 404"), ("/big", "20 MiB"), ("http://127.0.0.1:1/x", "cannot be reached"),
    ])
    func `what cannot be fetched is the client's error, and names the host alone`(
        path: String,
        reason: String
    ) async throws {
        let site = try Self.site()
        let said = try await Self.ask(path, site, Self.settings())
        #expect(said.hasPrefix("400 ") && said.contains(reason) && said.contains("127.0.0.1"), "\(said)")
        #expect(!said.contains(path) || path.hasPrefix("http"))
        #expect(!site.calls.contains { $0.path == "/api/chat" })
    }

    @Test func `this machine is not asked for a client`() async throws {
        let site = try Self.site()
        let said = try await Self.ask("/p.png", site, Self.settings(false))
        #expect(said.hasPrefix("400 ") && said.contains("not public") && site.calls.isEmpty)
    }

    @Test(arguments: [
        ("https://h.example/a/b?q", "c", "https://h.example/a/c"), ("https://h.example", "c", "https://h.example/c"),
        ("https://h.example/a", "/c/d", "https://h.example/c/d"),
        ("https://h.example/a", "//i.example/c", "https://i.example/c"),
        ("https://h.example/a", "http://i.example", "http://i.example"), ("https://h.example/a", "file:///etc", nil),
        ("https://h.example/a", "", nil), ("https://h.example?x/y", "c", "https://h.example/c"),
    ])
    func `places of redirects`(url: String, place: String, next: String?) {
        #expect(MediaFetcher.resolve(place, against: url) == next)
    }
}
