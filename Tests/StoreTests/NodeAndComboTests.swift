import Foundation
import JSONCore
import SQLiteStore
import Testing

@testable import Store

struct NodeAndComboTests {
    private let scratch: Scratch
    private let store: Store

    init() throws {
        scratch = try Scratch()
        store = try scratch.store()
    }

    private func node(_ id: String, prefix: String) -> ProviderNode {
        ProviderNode(
            id: id,
            type: .openAICompatible,
            name: "Node \(id)",
            prefix: prefix,
            apiType: "chat",
            baseURL: "https://example.test/v1",
            createdAt: scratch.now,
            updatedAt: scratch.now
        )
    }

    private func combo(_ name: String, _ steps: [ComboStep] = []) -> Combo {
        Combo(name: name, steps: steps, createdAt: scratch.now, updatedAt: scratch.now)
    }

    // MARK: - Nodes

    @Test func `nodes are found by prefix and teach their connections`() async throws {
        try await store.saveNode(node("n1", prefix: "My"))
        #expect(store.configuration.nodesByPrefix["my"]?.id == "n1")
        var connection = scratch.connection("n1", "key")
        connection.providerSpecificData = try JSONDocument.parse(text: #"{"chatPath": "/old", "tag": "kept"}"#)
        let saved = try await store.createConnection(connection)
        var changed = node("n1", prefix: "mine")
        changed.modelsPath = "/m"
        try await store.saveNode(changed)
        let data = try #require(store.configuration.connection(saved.id)?.providerSpecificData.root)
        #expect(data.member("prefix")?.string == "mine")
        #expect(data.member("baseUrl")?.string == "https://example.test/v1")
        #expect(data.member("modelsPath")?.string == "/m")
        #expect(data.member("nodeName")?.string == "Node n1")
        #expect(data.member("tag")?.string == "kept")
        #expect(data.member("chatPath") == nil)
        #expect(store.configuration.nodesByPrefix["my"] == nil)
    }

    @Test func `two nodes cannot share a prefix`() async throws {
        try await store.saveNode(node("n1", prefix: "a"))
        let failure = await #expect(throws: StoreError.self) { try await store.saveNode(node("n2", prefix: "A")) }
        #expect(failure?.code == .duplicate && failure?.existingID == "n1")
    }

    @Test func `a node takes its connections along`() async throws {
        try await store.saveNode(node("n1", prefix: "a"))
        _ = try await store.createConnection(scratch.connection("n1", "key"))
        _ = try await store.createConnection(scratch.connection("openai", "key"))
        try await store.deleteNode("n1")
        #expect(store.configuration.nodes.isEmpty)
        #expect(store.configuration.connections.map(\.provider) == ["openai"])
        let failure = await #expect(throws: StoreError.self) { try await store.deleteNode("n1") }
        #expect(failure?.code == .notFound)
    }

    // MARK: - Combos

    @Test func `combos of every age read alike`() throws {
        let json = """
            {"name": "mix", "strategy": "usage", "future": {"kept": [1.50]}, "models": [
              "openai/gpt-4o", "other", {"model": "claude/x", "weight": 30}, {"model": "other"},
              {"id": "s5", "kind": "model", "model": "a/b", "providerId": "a", "connectionId": null, "weight": 500,
               "tags": ["t"]},
              {"kind": "combo-ref", "comboName": "other", "weight": 1, "label": "L"}, "", 7, {"weight": 1}]}
            """
        let combo = Combo(
            data: try JSONDocument.parse(text: json),
            id: "c1",
            name: "",
            comboNames: ["other"],
            createdAt: scratch.now,
            updatedAt: scratch.now
        )
        #expect(combo.name == "mix" && combo.id == "c1" && combo.strategy == "least-used")
        #expect(
            combo.steps == [
                .model(id: "mix-model-1-openai-gpt-4o", model: "openai/gpt-4o"),
                .comboRef(id: "mix-ref-2-other", comboName: "other"),
                .model(id: "mix-model-3-claude-x", model: "claude/x", weight: 30),
                .comboRef(id: "mix-ref-4-other", comboName: "other"),
                .model(id: "s5", model: "a/b", providerID: "a", weight: 100),
                .comboRef(id: "mix-ref-6-other", comboName: "other", weight: 1, label: "L"),
            ]
        )
        #expect(Combo.strategy("context") == "context-optimized")
        #expect(Combo.strategy("nonsense") == "priority" && Combo.strategy(nil) == "priority")
    }

    @Test func `saving keeps members nobody here knows`() async throws {
        let json =
            #"{"name":"mix","future":{"kept":[1.50]},"models":[{"id":"s1","kind":"model","model":"a/b","weight":5,"tags":["t"]}],"config":{"maxRetries":2}}"#
        let combo = Combo(
            data: try JSONDocument.parse(text: json),
            id: "c1",
            name: "",
            comboNames: [],
            createdAt: scratch.now,
            updatedAt: scratch.now
        )
        let saved = try await store.saveCombo(combo)
        let text = String(decoding: saved.data.bytes, as: UTF8.self)
        #expect(text.contains(#""future":{"kept":[1.50]}"#) && text.contains(#""tags":["t"]"#))
        #expect(saved.sortOrder == 1 && saved.data.root.member("sortOrder")?.int == 1)
        #expect(saved.config.root.member("maxRetries")?.int == 2)
        var changed = saved
        changed.steps = [.model(id: "s1", model: "a/c", weight: 5)]
        changed.systemMessage = "hello"
        changed.contextLength = 5000
        let again = try await store.saveCombo(changed)
        #expect(again.steps == changed.steps)
        #expect(again.data.root.member("system_message")?.string == "hello")
        #expect(again.data.root.member("future") != nil)
        store.close()
        let reopened = try scratch.store()
        let read = try #require(reopened.configuration.combo("c1"))
        #expect(read.systemMessage == "hello" && read.contextLength == 5000 && read.steps == changed.steps)
        reopened.close()
    }

    @Test func `a combo's name is unique and follows into references`() async throws {
        let inner = try await store.saveCombo(combo("inner"))
        let outer = try await store.saveCombo(combo("outer", [.comboRef(id: "r", comboName: "inner", label: "L")]))
        let failure = await #expect(throws: StoreError.self) { try await store.saveCombo(combo("inner")) }
        #expect(failure?.code == .duplicate && failure?.message == "Combo name already exists")
        var renamed = inner
        renamed.name = "core"
        try await store.saveCombo(renamed)
        #expect(
            store.configuration.combo(outer.id)?.steps == [.comboRef(id: "r", comboName: "core", label: "L")]
        )
        #expect(store.configuration.combosByName["inner"] == nil)
        #expect(store.configuration.combosByName["core"]?.id == inner.id)
    }

    @Test func `combos are reordered, and deleted with their mappings`() async throws {
        var ids: [String] = []
        for name in ["a", "b", "c"] { ids.append(try await store.saveCombo(combo(name)).id) }
        try await store.reorderCombos([ids[2], ids[0]])
        #expect(store.configuration.combos.map(\.name) == ["c", "a", "b"])
        await #expect(throws: StoreError.self) { try await store.reorderCombos(["nobody"]) }
        let mapping = ModelComboMapping(
            pattern: "gpt-*",
            comboID: ids[0],
            createdAt: scratch.now,
            updatedAt: scratch.now
        )
        try await store.saveMapping(mapping)
        #expect(store.configuration.comboMappings.map(\.pattern) == ["gpt-*"])
        try await store.deleteCombo(ids[0])
        #expect(store.configuration.comboMappings.isEmpty)
        #expect(store.configuration.combos.map(\.name) == ["c", "b"])
        let orphan = ModelComboMapping(pattern: "x", comboID: ids[0], createdAt: scratch.now, updatedAt: scratch.now)
        let failure = await #expect(throws: StoreError.self) { try await store.saveMapping(orphan) }
        #expect(failure?.code == .notFound)
        await #expect(throws: StoreError.self) { try await store.deleteMapping(mapping.id) }
        await #expect(throws: StoreError.self) { try await store.deleteCombo(ids[0]) }
    }
}
