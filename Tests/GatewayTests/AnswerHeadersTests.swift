import HTTPCore
import Testing

@testable import Gateway

@Suite struct AnswerHeadersTests {
    @Test(
        arguments: [
            (0, "0.0000000000"), (0.0000015, "0.0000015000"), (1.5, "1.5000000000"),
            (12.3456789012345, "12.3456789012"),
            (0.99999999999, "1.0000000000"), (99_999_999, "99999999.0000000000"), (-1, nil), (.nan, nil),
            (.infinity, nil), (1e8, nil),
        ] as [(Double, String?)]
    )
    func `dollars have ten decimals and no exponent, and no price is no text`(amount: Double, text: String?) {
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
        #expect(known["X-OmniRoute-Response-Cost"] == "0.5000000000")
        let unknown = headers(AnswerHeaders.Figures(inputTokens: 3, outputTokens: 4, cost: nil)).fields
        #expect(!unknown.contains("X-OmniRoute-Response-Cost"))
        #expect(unknown["X-OmniRoute-Tokens-In"] == "3")
    }

    @Test func `a model's name cannot add a header`() {
        #expect(headers(nil).fields["X-OmniRoute-Model"] == "mod%C3%A8le%0D%0AX: y")
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
