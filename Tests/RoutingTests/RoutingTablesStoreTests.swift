import Dialects
import JSONCore
import Providers
import Testing
import TimeCore

@testable import Routing
@testable import Store

struct RoutingTablesStoreTests {
    private func json(_ text: String) throws -> JSONDocument { try JSONDocument.parse(Array(text.utf8)) }

    private func configuration(
        version: Int = 1,
        connections: [Connection] = [],
        nodes: [ProviderNode] = [],
        combos: [Combo] = [],
        mappings: [ModelComboMapping] = [],
        values: [String: [String: JSONDocument]] = [:]
    ) -> Configuration {
        Configuration(
            version: version,
            connections: ConnectionTable(connections),
            nodes: NodeTable(nodes),
            combos: ComboTable(combos, mappings: mappings),
            keys: KeyTable([]),
            values: ValueTable(values: values, featureFlags: [:]),
            sessions: SessionTable(epoch: 0, denied: [])
        )
    }

    private func connection(
        _ id: String,
        _ provider: String,
        priority: Int = 1,
        authType: String = "apikey"
    ) -> Connection {
        Connection(id: id, provider: provider, authType: authType, priority: priority, createdAt: noon, updatedAt: noon)
    }

    @Test func `connections become accounts in the order of their priority`() throws {
        var stored = connection("o1", "openai", priority: 2)
        stored.testStatus = "unavailable"
        stored.rateLimitedUntil = noon.advanced(by: .seconds(5))
        stored.backoffLevel = 3
        stored.errorCode = "429"
        stored.lastError = "slow down"
        stored.providerSpecificData = try json(#"{"excludedModels":["gpt-3*"],"extraApiKeys":["k2"]}"#)
        let tables = RoutingTables(
            configuration(connections: [
                stored, connection("o2", "openai"), connection("d", "ds"), connection("l", "lm_studio"),
                connection("x", "openrouter"), connection("c", "codex", authType: "oauth"),
            ]),
            catalogue: catalogue
        )
        #expect(tables.accounts(of: "openai").map(\.id) == ["o2", "o1"])
        let account = try #require(tables.accounts(of: "openai").last)
        #expect(account.stored.errorCode == 429 && account.stored.backoffLevel == 3 && account.kind == .apiKey)
        #expect(account.options.excludes("gpt-3.5") && account.options.extraKeys == ["k2"] && !account.locksModels)
        #expect(tables.accounts(of: "deepseek").map(\.id) == ["d"])
        #expect(tables.accounts(of: "lm-studio").first?.kind == .local)
        #expect(tables.accounts(of: "openrouter").first?.locksModels == true)
        #expect(tables.accounts(of: "codex").first?.kind == .oauth)
    }

    @Test func `a connection whose key cannot be read is as good as switched off`() {
        var broken = connection("o1", "openai")
        broken.hasUnreadableCredential = true
        let tables = RoutingTables(configuration(connections: [broken]), catalogue: catalogue)
        #expect(tables.accounts(of: "openai").first?.isActive == false)
    }

    @Test func `nodes become upstreams`() {
        func node(
            _ id: String,
            _ type: ProviderNode.Kind,
            _ prefix: String,
            api: String? = nil,
            base: String? = nil
        ) -> ProviderNode {
            ProviderNode(
                id: id,
                type: type,
                name: id,
                prefix: prefix,
                apiType: api,
                baseURL: base,
                createdAt: noon,
                updatedAt: noon
            )
        }
        let nodes = [
            node("n1", .openAICompatible, "lab", api: "chat", base: "http://127.0.0.1:9000/v1"),
            node("n2", .anthropicCompatible, "ant"), node("n3", .openAICompatible, "emb", api: "embeddings"),
            node("n4", .openAICompatible, "resp", api: "responses"),
        ]
        let tables = RoutingTables(
            configuration(connections: [connection("c1", "n1"), connection("c2", "n2")], nodes: nodes),
            catalogue: catalogue
        )
        #expect(tables.node("LAB")?.baseURL == "http://127.0.0.1:9000/v1" && tables.node("lab")?.dialect == .openAIChat)
        #expect(
            tables.node("n2")?.baseURL == "https://api.anthropic.com/v1"
                && tables.node("ant")?.dialect == .anthropicMessages
        )
        #expect(tables.node("resp")?.dialect == .openAIResponses && tables.node("resp")?.unsupportedReason == nil)
        #expect(tables.node("emb")?.unsupportedReason != nil && tables.node("lab")?.unsupportedReason == nil)
        #expect(tables.accounts(of: "n1").first?.kind == .local && tables.accounts(of: "n2").first?.kind == .apiKey)
        #expect(tables.accounts(of: "n1").first?.locksModels == true)
    }

    @Test func `combos, mappings, aliases and settings are taken over`() throws {
        let inner = Combo(
            id: "k1",
            name: "coding",
            steps: [
                .model(id: "s1", model: "openai/gpt-4o", connectionID: "o1", label: "first"),
                .comboRef(id: "s2", comboName: "other"),
            ],
            strategy: "weighted",
            config: try json(#"{"maxRetries":0}"#),
            allowedProviders: ["openai"],
            createdAt: noon,
            updatedAt: noon
        )
        let mapping = ModelComboMapping(id: "m", pattern: "x-*", comboID: "k1", createdAt: noon, updatedAt: noon)
        let settings = [
            "comboDefaults": #"{"maxRetries":5,"retryDelayMs":7}"#, "stripModelPrefix": "false",
            "wildcardAliases": #"[{"pattern":"w-*","target":"groq/x"}]"#, "modelAliases": #"{"old":"openai/new"}"#,
        ]
        let tables = RoutingTables(
            configuration(
                combos: [inner],
                mappings: [mapping],
                values: [
                    "settings": try settings.mapValues(json), "modelAliases": ["old": try json(#""openai/lost""#)],
                ]
            ),
            catalogue: catalogue
        )
        let combo = try #require(tables.combo(named: "coding"))
        #expect(combo.settings.maxRetries == 0 && combo.settings.retryDelay == .milliseconds(7))
        #expect(combo.strategy == "weighted" && combo.allowedProviders == ["openai"])
        #expect(
            combo.steps == [
                .model(id: "s1", model: "openai/gpt-4o", provider: nil, account: "o1", label: "first"),
                .reference(id: "s2", combo: "other"),
            ]
        )
        let resolver = ModelResolver(tables)
        #expect(resolver.resolve("x-1").summary == "combo:coding")
        #expect(resolver.resolve("w-1").summary == "groq|x")
        #expect(resolver.resolve("old").summary == "openai|new", "settings win over aliases")
    }

    @Test func `tables are built once per version of the configuration`() {
        let view = RoutingView(catalogue: catalogue, variables: ["MODEL_ALIAS_COMPAT_ENABLED": "0"])
        let first = configuration(version: 1)
        let tables = view.tables(for: first)
        #expect(view.tables(for: first) === tables)
        let second = view.tables(for: configuration(version: 2))
        #expect(second !== tables && !second.settings.understandsForeignNames)
        #expect(view.tables(for: first) !== second, "a request keeps the configuration it began with")
        #expect(view.tables(for: configuration(version: 2)) === second)
    }

    @Test func `a user's price completes the list price`() throws {
        let prices = ["openai": try json(#"{"gpt-4o":{"input":9},"own":{"input":1,"output":2,"cached":3}}"#)]
        let configuration = configuration(values: ["pricing": prices])
        let price = catalogue.price(provider: "openai", model: "gpt-4o", in: configuration)
        #expect(price?.input == 9)
        #expect(price?.output == catalogue.price(provider: "openai", model: "gpt-4o")?.output)
        let own = catalogue.price(provider: "openai", model: "own", in: configuration)
        #expect(own?.input == 1 && own?.output == 2 && own?.cachedInput == 3)
        #expect(catalogue.price(provider: "openai", model: "unknown", in: configuration) == nil)
    }
}
