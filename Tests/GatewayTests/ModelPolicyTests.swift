import Testing

@testable import Gateway

@Suite struct ModelPolicyTests {
    @Test(
        arguments: [
            ("openai/gpt-4o", ["openai/*"], true), ("openai-x/gpt-4o", ["openai/*"], false),
            ("openai", ["openai/*"], false),
            ("my-combo", ["my-combo"], true), ("My-combo", ["my-combo"], false),
            ("openai/gpt-4o", ["openai/gpt-*"], true),
            ("openai/a/b", ["openai/*"], true), ("openai/a/gpt-4o", ["openai/gpt-*"], false), ("x", [], true),
            ("x", ["*"], true),
        ] as [(String, [String], Bool)]
    )
    func `patterns limit which models a key may use`(model: String, patterns: [String], allowed: Bool) {
        #expect(ModelPolicy.allows(model, patterns: patterns) == allowed)
    }
}
