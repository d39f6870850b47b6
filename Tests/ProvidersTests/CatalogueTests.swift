import Foundation
import JSONCore
import Testing

@testable import Providers

struct CatalogueTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/CResources/data/providers.json")

    @Test func `the embedded file is the one in the source tree`() throws {
        let document = try JSONDocument.parse([UInt8](Data(contentsOf: Self.file)))
        let ids = document.root["providers"]?.elements.compactMap { $0["id"]?.string }
        #expect(catalogue.all.map(\.id) == (ids ?? []) + ["demo"])
    }

    @Test func `the figures the file states about itself are right`() throws {
        let document = try JSONDocument.parse([UInt8](Data(contentsOf: Self.file)))
        let counts = try #require(document.root["counts"])
        let listed = catalogue.all.filter { $0.id != "demo" }
        #expect(counts["providers"]?.int == listed.count)
        for category in ProviderCategory.allCases {
            let stated = counts["byCategory"]?.member(category.rawValue)?.int
            #expect(stated == listed.count { $0.category == category }, "\(category)")
        }
        for kind in try #require(counts["byService"]).members {
            let name = kind.key.string
            let found = listed.count { provider in
                name == "chat" ? provider.chat != nil : provider.services.contains { $0.kind == name }
            }
            #expect(kind.value.int == found, "\(name)")
        }
        let models = listed.reduce(0) { sum, provider in
            sum + (provider.chat?.models.count ?? 0) + provider.services.reduce(0) { $0 + $1.models.count }
        }
        #expect(counts["models"]?.int == models)
        #expect(counts["pricedModels"]?.int == listed.reduce(0) { $0 + $1.pricing.byModel.count })
        #expect(counts["withOAuth"]?.int == listed.count { $0.auth.hasOAuth })
    }

    @Test func `ids, aliases and further prefixes are unique together`() {
        var owners: [String: String] = [:]
        for provider in catalogue.all {
            for prefix in provider.prefixes {
                #expect(owners[prefix] == nil, "\(prefix) belongs to \(owners[prefix] ?? "") and \(provider.id)")
                owners[prefix] = provider.id
                #expect(catalogue.provider(prefix) === provider)
            }
        }
    }

    @Test func `model ids of a service are unique`() {
        for provider in catalogue.all {
            for models in [provider.chat.map { Array($0.models) } ?? []] + provider.services.map(\.models) {
                #expect(Set(models.map(\.id)).count == models.count, "\(provider.id)")
            }
        }
    }

    @Test func `every address is well formed once its placeholders are filled in`() throws {
        for provider in catalogue.all where provider.id != "demo" {
            let chat = provider.chat
            let templates = [
                chat?.url, chat?.modelsURL, chat?.countTokensURL, chat?.messagesURL, chat?.responsesURL,
            ]
            for template in templates.compactMap({ $0 }) + provider.services.map({ Template($0.url) }) {
                let text = try template.filled { name in
                    ["baseUrl", "deploymentUrl", "base"].contains(name) ? "https://host.example" : "value"
                }
                #expect(throws: Never.self, "\(provider.id): \(text)") { try UpstreamURL(text) }
            }
        }
    }

    @Test func `every credential has a place to go`() {
        for provider in catalogue.all {
            switch provider.auth.type {
            case .apikey, .oauth, .optional:
                #expect(provider.auth.header != nil || provider.auth.query != nil, "\(provider.id)")
            default: break
            }
            if let header = provider.auth.header { #expect(UpstreamHeaders.isToken(header), "\(provider.id)") }
            #expect(provider.headers.allSatisfy { UpstreamHeaders.isToken($0.name) }, "\(provider.id)")
        }
    }

    /// The three whose request is no OpenAI body although the catalogue files them under that format.
    private static let withoutWireFormat: Set<String> = ["nlpcloud", "gitlab", "command-code"]

    @Test func `every OpenAI- or Anthropic-format provider with a key, an optional key or none is supported`() {
        for provider in catalogue.all where provider.format == .openAI || provider.format == .claude {
            guard [.apikey, .optional, .none].contains(provider.auth.type) else { continue }
            let expected = !Self.withoutWireFormat.contains(provider.id)
            #expect(provider.isSupported == expected, "\(provider.id): \(provider.unsupportedReason ?? "supported")")
        }
    }

    @Test(arguments: [
        "codex", "gemini-cli", "antigravity", "kiro", "vertex", "gigachat", "claude", "bedrock", "nlpcloud",
        "elevenlabs",
    ])
    func `providers that cannot be called say why`(id: String) {
        #expect(provider(id).unsupportedReason?.isEmpty == false)
    }

    @Test func `every supported provider yields a call for each of its models`() throws {
        let data =
            #"{"accountId":"a1","resource":"r1","workspaceHost":"w.example","deploymentUrl":"https://d.example","account":"acc","baseUrl":""}"#
        for provider in catalogue.all where provider.isSupported && provider.id != "demo" {
            let base = provider.id == "azure-openai" ? #"{"baseUrl":"https://r1.openai.azure.com"}"# : data
            for model in Array(provider.chat?.models ?? ModelList([])) + [ProviderModel(id: "some-model", name: "")] {
                let call = try upstreamCall(provider.id, model.id, data: base, stream: true)
                #expect(call.url.hasPrefix("http"), "\(provider.id)")
                #expect(!call.url.contains("{") && !call.upstreamModel.isEmpty, "\(provider.id): \(call.url)")
            }
        }
    }

    @Test func `the demo provider needs no key and says what it is`() throws {
        let demo = provider("demo")
        #expect(demo.isSupported && demo.isKeyOptional && demo.category == .local)
        #expect(demo.chat?.models["echo"] != nil)
        #expect(demo.name.contains("Demo"))
    }

    @Test func `entries left out on purpose are unknown`() {
        for id in ["chatgpt-web", "claude-web", "auggie", "grok-web"] { #expect(catalogue.provider(id) == nil) }
    }

    @Test(arguments: [
        ("gc", "gemini-cli"), ("if", "iflow"), ("ag", "antigravity"), ("or", "openrouter"), ("cc", "claude"),
        ("ds", "deepseek"), ("ollama", "ollama-local"),
    ])
    func `prefixes mean what the reference documents say`(prefix: String, id: String) {
        #expect(catalogue.provider(prefix)?.id == id)
    }

    @Test func `a model is found under its alias and under safe other spellings`() {
        let anthropic = provider("anthropic")
        let spellings = ["claude-opus-4.7", "claude-opus-4-7", "claude-opus-4-7-20260416", "Claude-Opus-4.7"]
        for spelling in spellings { #expect(catalogue.model(spelling, of: anthropic)?.id == "claude-opus-4.7") }
        #expect(catalogue.model("syn:large:text", of: provider("synthetic"))?.id == "hf:zai-org/GLM-5.2")
        #expect(catalogue.model("claude-opus-9", of: anthropic) == nil)
        #expect(catalogue.providers(listing: "deepseek-v4-pro").contains { $0.id == "deepseek" })
    }

    @Test func `a catalogue of another form is refused with the name of the provider`() throws {
        let json = #"{"schemaVersion":1,"providers":[{"id":"x","alias":"x","name":"X","category":"none"}]}"#
        let document = try JSONDocument.parse(Array(json.utf8))
        let error = #expect(throws: CatalogueError.self) { try CatalogueReader().providers(of: document) }
        #expect(error?.provider == "x")
    }
}
