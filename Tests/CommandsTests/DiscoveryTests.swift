import Foundation
import Providers
import Testing

@testable import Commands

struct DiscoveryTests {
    @Test func `keys are found under the names of the catalogue`() throws {
        let catalogue = try Catalogue.load()
        let found = EnvironmentKeys.find(
            in: [
                "OPENAI_API_KEY": "sk-0123456789abcdef", "ANTHROPIC_API_KEY": "sk-ant-0123456789abcdef",
                "GROQ_API_KEY": "your-key-here", "MISTRAL_API_KEY": "", "HOME": "/home/someone",
            ],
            catalogue: catalogue
        )
        #expect(Set(found.map(\.provider)) == ["openai", "anthropic"])
        #expect(Set(found.map(\.variable)) == ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"])
    }

    @Test func `nothing is connected without a yes`() {
        let find = Discovery.Find.key(FoundKey(provider: "openai", providerName: "OpenAI", variable: "OPENAI_API_KEY"))
        let silent = RecordingTerminal()
        #expect(Discovery.choose([find], importsAll: false, terminal: silent.terminal()).isEmpty)
        #expect(silent.out.contains("--import-env"))
        let no = RecordingTerminal(input: [""])
        #expect(Discovery.choose([find], importsAll: false, terminal: no.terminal(isInteractive: true)).isEmpty)
        let yes = RecordingTerminal(input: ["y"])
        #expect(Discovery.choose([find], importsAll: false, terminal: yes.terminal(isInteractive: true)) == [find])
        #expect(Discovery.choose([find], importsAll: true, terminal: silent.terminal()) == [find])
    }

    @Test func `the key itself only goes into the request that adds it`() throws {
        let find = Discovery.Find.key(FoundKey(provider: "openai", providerName: "OpenAI", variable: "OPENAI_API_KEY"))
        let body = Discovery.body(for: find, environment: ["OPENAI_API_KEY": "sk-0123456789abcdef"])
        let object = try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
        #expect(object["apiKey"] as? String == "sk-0123456789abcdef")
        #expect(!find.description.contains("sk-"))
    }
}
