import Testing

@testable import Gateway

@Suite struct AnswerHeadersTests {
    @Test(
        arguments: [
            (0, "0.0000000000"), (0.0000015, "0.0000015000"), (1.5, "1.5000000000"),
            (12.3456789012345, "12.3456789012"),
            (0.99999999999, "1.0000000000"), (-1, "0.0000000000"), (.nan, "0.0000000000"), (.infinity, "0.0000000000"),
        ] as [(Double, String)]
    )
    func `dollars have ten decimals and no exponent`(amount: Double, text: String) {
        #expect(AnswerHeaders.dollars(amount) == text)
    }

    private func headers(_ figures: AnswerHeaders.Figures?) -> AnswerHeaders {
        AnswerHeaders(
            sessionID: "s1",
            provider: "openai",
            model: "modèle\r\nX: y",
            latency: .milliseconds(12),
            figures: figures
        )
    }

    @Test func `an unknown cost is left out`() {
        let known = headers(AnswerHeaders.Figures(inputTokens: 3, outputTokens: 4, cost: 0.5)).fields
        #expect(known.contains { $0.0 == "X-OmniRoute-Response-Cost" && $0.1 == "0.5000000000" })
        let unknown = headers(AnswerHeaders.Figures(inputTokens: 3, outputTokens: 4, cost: nil)).fields
        #expect(!unknown.contains { $0.0 == "X-OmniRoute-Response-Cost" })
        #expect(unknown.contains { $0.0 == "X-OmniRoute-Tokens-In" && $0.1 == "3" })
    }

    @Test func `a model's name cannot add a header`() {
        let model = headers(nil).fields.first { $0.0 == "X-OmniRoute-Model" }?.1
        #expect(model == "mod%C3%A8le%0D%0AX: y")
    }

    @Test(arguments: [
        ("data: a\n\ndata: [DONE]\n\n", "data: a\n\n: c\n\ndata: [DONE]\n\n"),
        ("data: [DONE]\n\n", ": c\n\ndata: [DONE]\n\n"),
        ("", ": c\n\n"), ("event: x\ndata: y\n\n", ": c\n\nevent: x\ndata: y\n\n"),
    ])
    func `comments stand in front of the last event`(stream: String, expected: String) {
        var bytes = Array(stream.utf8)
        bytes.insertBeforeLastEvent(Array(": c\n\n".utf8))
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }
}
