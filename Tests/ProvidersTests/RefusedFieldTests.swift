import Dialects
import JSONCore
import Testing

@testable import Providers

/// What models are sent whose providers refuse the usual fields for reasoning.
@Suite struct RefusedFieldTests {
    /// A client's request that wants the model to think, or not to.
    struct Wish: Sendable, CustomTestStringConvertible {
        let client: Dialect
        let body: String
        var thinks = true

        var testDescription: String { "\(client) \(thinks)" }
    }

    private static let messages = #""model":"m","messages":[{"role":"user","content":"a"}]"#

    static let wishes = [
        Wish(client: .openAIChat, body: #"{\#(messages),"reasoning_effort":"high"}"#),
        Wish(client: .openAIChat, body: #"{\#(messages),"reasoning_effort":"none"}"#, thinks: false),
        Wish(client: .openAIResponses, body: #"{"model":"m","input":"a","reasoning":{"effort":"high"}}"#),
        Wish(
            client: .anthropicMessages,
            body: #"{\#(messages),"max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":8000}}"#
        ),
        Wish(
            client: .anthropicMessages,
            body: #"{\#(messages),"max_tokens":9000,"thinking":{"type":"disabled"}}"#,
            thinks: false
        ),
        Wish(
            client: .gemini,
            body:
                #"{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"thinkingConfig":{"thinkingBudget":8000}}}"#
        ),
        Wish(client: .ollama, body: #"{\#(messages),"think":"high"}"#),
        Wish(client: .ollama, body: #"{\#(messages),"think":false}"#, thinks: false),
    ]

    /// The body that a provider's model gets.
    private func sent(_ wish: Wish, _ provider: String, _ model: String) throws -> JSONValue {
        let call = try upstreamCall(provider, model)
        var context = TranslationContext(
            clientDialect: wish.client,
            upstreamDialect: call.dialect,
            clientModel: "m",
            upstreamModel: model,
            wantsStream: false,
            ids: RandomIDs(),
            createdAt: 0
        )
        let body = try RequestTranslator.translate(
            try JSONDocument.parse(Array(wish.body.utf8)),
            profile: call.profile,
            context: &context,
            upstreamStreams: false
        )
        return try JSONDocument.parse(try call.bodyRules.apply(to: body, stream: false)).root
    }

    @Test(arguments: wishes) func `T120: NVIDIA's GLM gets neither thinking nor reasoning`(wish: Wish) throws {
        let root = try sent(wish, "nvidia", "z-ai/glm-5.2")
        #expect(root["messages"]?.count == 1 && root["thinking"] == nil && root["reasoning"] == nil)
    }

    @Test(
        arguments: wishes,
        [("xiaomi-mimo", "mimo-v2.5-pro"), ("gitlawb", "mimo-v2.5-pro"), ("glm", "glm-5"), ("moonshot", "kimi-k2.6")]
    )
    func `T121: MiMo and other hybrids get a switch and no effort`(
        wish: Wish,
        target: (provider: String, model: String)
    ) throws {
        let root = try sent(wish, target.provider, target.model)
        #expect(root["thinking"]?["type"]?.string == (wish.thinks ? "enabled" : "disabled"))
        #expect(root["thinking"]?.count == 1)
        #expect(root["reasoning_effort"] == nil && root["reasoning"] == nil)
    }
}
