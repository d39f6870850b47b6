import CryptoCore
import HTTPCore
import HTTPServer
import JSONCore
import Store
import Synchronization
import Testing
import TimeCore

@testable import Gateway

@Suite struct OfferedModelsTests {
    private static let list = #"{"data":[{"id":"m1"},{"id":"m2","display_name":"Second"},{"name":"m3"},{"id":""},{}]}"#

    @Test(.timeLimit(.minutes(1)))
    func `a server is asked once, and again when its connection changes`() async throws {
        let upstream = try Upstream { _ in .json(Array(Self.list.utf8)) }
        try await withWorld { world in
            let connection = try #require(try await world.connect(upstream)["a1"])
            for _ in 0..<3 {
                let offered = await world.gateway.offeredModels(in: world.store.configuration, on: world.loop)
                #expect(offered[connection]?.map(\.id) == ["m1", "m2", "m3"])
                #expect(offered[connection]?.map(\.name) == ["m1", "Second", "m3"])
            }
            #expect(upstream.calls.count == 1)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `local servers of the catalogue are asked, providers in the cloud are not`() async throws {
        let upstream = try Upstream { _ in .json(Array(Self.list.utf8)) }
        try await withWorld { world in
            let now = WallTime.now()
            let data = try JSONDocument.parse(text: #"{"baseUrl":"\#(upstream.url)"}"#)
            var ids: [String] = []
            for provider in ["vllm", "groq"] {
                let connection = Connection(
                    provider: provider,
                    name: provider,
                    apiKey: Secret("k"),
                    providerSpecificData: data,
                    createdAt: now,
                    updatedAt: now
                )
                ids.append(try await world.store.createConnection(connection).id)
            }
            let offered = await world.gateway.offeredModels(in: world.store.configuration, on: world.loop)
            #expect(offered[ids[0]]?.map(\.id) == ["m1", "m2", "m3"])
            #expect(offered[ids[1]] == nil && upstream.calls.count == 1)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a server without a list offers nothing and is left alone for a while`() async throws {
        let upstream = try Upstream { _ in Response(.notFound) }
        try await withWorld { world in
            let connection = try #require(try await world.connect(upstream)["a1"])
            for _ in 0..<2 {
                let offered = await world.gateway.offeredModels(in: world.store.configuration, on: world.loop)
                #expect(offered[connection, default: []].isEmpty)
            }
            #expect(upstream.calls.count == 1)
        }
    }
}

/// Lists of models in other forms.
struct ModelListFormsTests {
    private func models(_ body: String) -> [OfferedModel]? {
        TrialAnswer(status: .ok, body: Array(body.utf8), latency: .zero).offeredModels
    }

    @Test func `Gemini's list names resources, and embedders too`() {
        let body =
            #"{"models":[{"name":"models/gemini-2.5-pro","displayName":"Gemini 2.5 Pro","supportedGenerationMethods":["generateContent","countTokens"]},{"name":"models/embedding-001","supportedGenerationMethods":["embedContent"]},{"name":""},7]}"#
        #expect(models(body) == [OfferedModel(id: "gemini-2.5-pro", name: "Gemini 2.5 Pro")])
    }

    @Test func `Ollama's list`() {
        let body = #"{"models":[{"name":"llama3:latest","model":"llama3:latest","size":1}]}"#
        #expect(models(body) == [OfferedModel(id: "llama3:latest", name: "llama3:latest")])
    }
}
