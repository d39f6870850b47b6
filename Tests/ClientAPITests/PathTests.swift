import Dialects
import HTTPCore
import Testing

@testable import ClientAPI

/// What paths and queries say before any body is read.
struct PathTests {
    @Test(
        arguments: [
            ("gemini-2.5-pro:generateContent", "gemini-2.5-pro", "generateContent"),
            ("openai/gpt-4o:streamGenerateContent", "openai/gpt-4o", "streamGenerateContent"),
            ("models/openai/gpt-4o:countTokens", "openai/gpt-4o", "countTokens"),
            ("tunedModels/mine:generateContent", "mine", "generateContent"),
            ("ollama/llama3:8b:generateContent", "ollama/llama3:8b", "generateContent"),
            ("no-action", "no-action", ""), (":generateContent", "", "generateContent"), ("", "", ""),
            ("a:", "a", ""), ("models/", "", ""),
        ]
    )
    func `a path of Gemini names a model and an action`(text: String, model: String, action: String) {
        let call = GeminiCall(text)
        #expect(call.model == model && call.action == action)
    }

    @Test func `a page of models is bounded, and odd numbers are refused`() throws {
        func page(_ query: String) throws -> GeminiPage {
            try GeminiPage(try RequestTarget.parse("/v1beta/models" + query))
        }
        #expect(try page("").size == .max && page("").start == 0)
        #expect(try page("?pageSize=2&pageToken=4").start == 4)
        #expect(try page("?pageSize=5000").size == 1_000)
        for query in ["?pageSize=-1", "?pageToken=x", "?pageSize=99999999999999999999"] {
            #expect(throws: Failure.self) { try page(query) }
        }
    }

    @Test func `a page of input items says how many, in which order, and behind which`() throws {
        func page(_ query: String) throws -> InputPage {
            try InputPage(try RequestTarget.parse("/v1/responses/r/input_items" + query))
        }
        #expect(try page("").limit == 20 && !page("").isAscending)
        let asked = try page("?limit=3&order=asc&after=msg_1")
        #expect(asked.limit == 3 && asked.isAscending && asked.after == "msg_1")
        for query in ["?limit=0", "?limit=101", "?limit=x", "?order=up"] {
            #expect(throws: Failure.self) { try page(query) }
        }
    }

    @Test(
        arguments: [
            (#"{"messages":[]}"#, Dialect.openAIChat), (#"{"input":"x"}"#, .openAIResponses),
            (#"{"previous_response_id":"r"}"#, .openAIResponses), (#"{"messages":[],"input":"x"}"#, .openAIChat),
            (#"{"prompt":"x"}"#, .openAIChat), ("{", .openAIChat), ("", .openAIChat), ("[]", .openAIChat),
            (#"{"input":"say \"messages\""}"#, .openAIResponses),
        ]
    )
    func `a body without messages that has an input is one of Responses`(body: String, dialect: Dialect) {
        #expect(ClientAPI.chatDialect(of: Array(body.utf8)) == dialect)
    }
}
