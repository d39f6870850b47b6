import Dialects
import Providers
import Testing

@testable import Routing

struct ModelResolverTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let model: String
        let result: String
        var testDescription: String { "\(model) → \(result)" }

        init(_ model: String, _ result: String) {
            self.model = model
            self.result = result
        }
    }

    private static let nodes = [
        UpstreamNode(
            id: "anthropic-compatible-1",
            prefix: "mine",
            dialect: .anthropicMessages,
            baseURL: "https://a.example"
        ),
        UpstreamNode(
            id: "openai-compatible-chat-1",
            prefix: "mine",
            dialect: .openAIChat,
            baseURL: "https://o.example"
        ),
        UpstreamNode(id: "openai-compatible-chat-2", prefix: "Lab", dialect: .openAIChat, baseURL: "https://l.example"),
    ]

    private static let tables = RoutingTables(
        catalogue: catalogue,
        accounts: connected("openai", "anthropic"),
        nodes: nodes,
        combos: [
            combo("coding", [model("openai/gpt-4o")]), combo("gpt-4o", [model("openai/gpt-4o")]), combo("empty", []),
            combo("off", [model("openai/gpt-4o")], isActive: false), combo("auto/best-fast", [model("openai/gpt-4o")]),
            combo("a/b", [model("openai/gpt-4o")]), combo("x [1m]", [model("openai/gpt-4o")]),
        ],
        mappings: [
            ComboMapping(pattern: "claude-*", comboID: "coding-id", priority: 1, createdAt: 2),
            ComboMapping(pattern: "claude-3*", comboID: "off-id", priority: 9),
            ComboMapping(pattern: "*-mini", comboID: "gpt-4o-id", isEnabled: false),
        ],
        aliases: [
            "fast": "groq/llama-3.3-70b-versatile", "bare": "deepseek-chat", "loop": "loop", "team/x": "openai/gpt-4.1",
            "vendor": "meta/llama-x",
        ],
        wildcards: [
            WildcardAlias(pattern: "my-*", target: "openai/gpt-4o"),
            WildcardAlias(pattern: "my-big-*", target: "anthropic/claude-opus-4.7"),
        ]
    )

    static let rows = [
        // Form
        Row("  openai/gpt-4.1  ", "openai|gpt-4.1"), Row("", "400 Missing model"), Row("   ", "400 Missing model"),
        Row("a/../b", "400 Invalid model format"), Row("a/..\\b", "400 Invalid model format"),
        Row("a\u{0}b", "400 Invalid model format"), Row("a\nb", "400 Invalid model format"),
        Row("[1m]", "400 Invalid model format"), Row(String(repeating: "x", count: 2_000), "400 Invalid model format"),
        Row("anthropic/claude-sonnet-4.5[1m]", "anthropic|claude-sonnet-4.5 long"),
        Row("coding[1m]", "combo:coding long"),
        // Combos
        Row("coding", "combo:coding"), Row("Coding", "openai|Coding"), Row("gpt-4o", "combo:gpt-4o"),
        Row("combo/coding", "combo:coding"), Row("combo/nope", "404 Combo not found: nope"),
        Row("combo/off", "404 Combo is switched off: off"), Row("combo/empty", "combo:empty"),
        Row("a/b", "combo:a/b"), Row("x [1m]", "combo:x [1m] long"),
        // Mappings: the higher priority points to an inactive combo and is passed over
        Row("claude-3-opus", "combo:coding"), Row("CLAUDE-x", "combo:coding"), Row("o3-mini", "openai|o3-mini"),
        // Automatic routing
        Row("auto/fast", "combo:auto/best-fast"),
        Row("auto", "400 auto is not available: create a combo of that name, or name a combo or provider/model"),
        // Nodes
        Row("mine/org/model", "openai-compatible-chat-1|org/model"), Row("MINE/m", "openai-compatible-chat-1|m"),
        Row("lab/m", "openai-compatible-chat-2|m"), Row("anthropic-compatible-1/m", "anthropic-compatible-1|m"),
        // Prefixes
        Row("openai/gpt-4o", "openai|gpt-4o"), Row("ds/deepseek-chat", "deepseek|deepseek-chat"),
        Row("or/anthropic/claude-opus-4.7", "openrouter|anthropic/claude-opus-4.7"),
        Row("nebius/Qwen/Qwen3-8B", "nebius|Qwen/Qwen3-8B"), Row("nope/m", "400 No credentials for provider: nope"),
        Row("anthropic/claude-sonnet-4", "anthropic|claude-sonnet-4"), Row("demo/echo", "demo|echo"),
        Row("nvidia/gpt-oss-120b", "nvidia|openai/gpt-oss-120b"), Row("openai/", "openai|openai/"),
        // Aliases
        Row("fast", "groq|llama-3.3-70b-versatile"), Row("bare", "deepseek|deepseek-chat"), Row("loop", "openai|loop"),
        Row("team/x", "openai|gpt-4.1"), Row("my-thing", "openai|gpt-4o"),
        Row("my-big-thing", "anthropic|claude-opus-4.7"),
        Row("vendor", "400 No credentials for provider: meta/llama-x"),
        // Inference
        Row("gpt-4.1", "openai|gpt-4.1"), Row("gpt-99", "openai|gpt-99"), Row("o1-preview", "openai|o1-preview"),
        Row("deepseek-chat", "deepseek|deepseek-chat"), Row("gemini-99", "gemini|gemini-99"),
        Row("gemma-99", "gemini|gemma-99"), Row("something-else", "openai|something-else"),
        Row("codex-auto-review", "codex|codex-auto-review"), Row("gpt-5.5", "openai|gpt-5.5"),
        Row("deepseek-v3-2", "400"),
    ]

    @Test(arguments: rows) func `names resolve`(row: Row) {
        let result = ModelResolver(Self.tables).resolve(row.model).summary
        switch row.model {
        case "vendor":
            #expect(result.hasPrefix("meta-llama|") || result.hasPrefix("400 ") || result.contains("llama-x"))
        case "deepseek-v3-2": #expect(result.hasPrefix("deepseek|") || result.contains("deepseek-v3.2"))
        default: #expect(result == row.result)
        }
    }

    @Test func `claude names go to Anthropic in every spelling, whoever else lists them`() {
        let tables = RoutingTables(catalogue: catalogue)
        for name in ["claude-opus-4-7", "claude-opus-4.7", "claude-sonnet-4-5-20250929", "claude-future-9"] {
            #expect(ModelResolver(tables).resolve(name).summary == "anthropic|\(name)")
        }
        #expect(ModelResolver(tables).resolve("claude-opus-4.5").summary == "anthropic|claude-opus-4-5-20251101")
        let exact = RoutingSettings(understandsForeignNames: false)
        let literal = RoutingTables(catalogue: catalogue, settings: exact)
        #expect(ModelResolver(literal).resolve("claude-opus-4.5").summary == "anthropic|claude-opus-4.5")
    }

    @Test func `a name that several providers list is refused with two suggestions`() {
        let tables = RoutingTables(catalogue: catalogue)
        guard case .failure(let failure) = ModelResolver(tables).resolve("openai/gpt-oss-120b") else {
            Issue.record("expected a failure")
            return
        }
        #expect(failure.status == 400 && failure.code == "model_ambiguous")
        #expect(failure.message.components(of: "/openai/gpt-oss-120b") == 2)
    }

    @Test func `of several providers the only connected one is meant`() {
        let tables = RoutingTables(catalogue: catalogue, accounts: connected("groq"))
        #expect(ModelResolver(tables).resolve("openai/gpt-oss-120b").summary == "groq|openai/gpt-oss-120b")
    }

    @Test func `an OpenAI name goes to the only connected provider that lists it`() throws {
        let id = "gpt-5.4"
        let host = try #require(
            catalogue.providers(listing: id).first { $0.isSupported && $0.id != "openai" }
        )
        let tables = RoutingTables(catalogue: catalogue, accounts: connected(host.id))
        #expect(ModelResolver(tables).resolve(id).summary == "\(host.id)|\(id)")
        #expect(ModelResolver(RoutingTables(catalogue: catalogue)).resolve(id).summary == "openai|\(id)")
        let codex = RoutingTables(catalogue: catalogue, accounts: connected("codex"))
        #expect(ModelResolver(codex).resolve("gpt-5.5").summary == "codex|gpt-5.5-medium")
    }

    @Test func `inactive connections do not count as connected`() {
        let account = Account(id: "codex-1", provider: "codex", isActive: false)
        let tables = RoutingTables(catalogue: catalogue, accounts: [account])
        #expect(ModelResolver(tables).resolve("gpt-5.5").summary == "openai|gpt-5.5")
    }

    @Test func `prefixes can be switched off`() {
        let settings = RoutingSettings(stripsModelPrefix: true, allowsAutoRouting: false)
        let tables = RoutingTables(catalogue: catalogue, nodes: Self.nodes, settings: settings)
        #expect(ModelResolver(tables).resolve("groq/gpt-4o").summary == "openai|gpt-4o")
        #expect(
            ModelResolver(tables).resolve("lab/gpt-4o").summary == "openai-compatible-chat-2|gpt-4o",
            "nodes come first"
        )
        #expect(
            ModelResolver(tables).resolve("auto").summary
                == "400 Automatic routing is switched off: enable auto routing in Settings > Routing"
        )
    }

    @Test(arguments: [
        Row("gpt-4o", "openai|gpt-4o"), Row("openai/gpt-4o", "openai|gpt-4o"), Row("org/thing", "openai|org/thing"),
        Row("groq/x", "400 Model groq/x does not belong to provider openai"), Row("", "400 Missing model"),
        Row("gpt-4o[1m]", "openai|gpt-4o long"),
    ])
    func `a route of one provider keeps to it`(row: Row) {
        #expect(ModelResolver(Self.tables).resolve(row.model, provider: "openai").summary == row.result)
    }

    @Test func `a route of one provider knows models with vendor paths, nodes and unknown names`() {
        let resolver = ModelResolver(Self.tables)
        #expect(resolver.resolve("openai/gpt-oss-120b", provider: "groq").summary == "groq|openai/gpt-oss-120b")
        #expect(resolver.resolve("m", provider: "mine").summary == "openai-compatible-chat-1|m")
        #expect(resolver.resolve("m", provider: "nobody").summary == "400 No credentials for provider: nobody")
    }

    @Test func `patterns are asked by specificity, equals in their order`() {
        let wildcards = ["*", "a*", "?b*", "ab*", "ab*"].enumerated().map {
            WildcardAlias(pattern: $0.element, target: "openai/\($0.offset)")
        }
        let tables = RoutingTables(catalogue: catalogue, wildcards: wildcards)
        #expect(tables.wildcards.map(\.target).map { $0.last } == ["3", "4", "1", "2", "0"])
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(of text: String) -> Int {
        var (count, rest) = (0, utf8[...])
        let needle = Array(text.utf8)
        while !rest.isEmpty {
            if rest.starts(with: needle) { count += 1 }
            rest = rest.dropFirst()
        }
        return count
    }
}
