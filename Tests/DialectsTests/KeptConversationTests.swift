import HTTPCore
import JSONCore
import Testing

@testable import Dialects

/// Conversations that a provider keeps: what only it knows is never answered from a part.
@Suite struct `Kept conversations` {
    private let threaded = """
        {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Go on"}],\
        "thread":{"type":"continue","previous_message_id":"msg_1"}}
        """

    @Test(arguments: Dialect.spoken.filter { $0 != .anthropicMessages })
    func `Anthropic's threads are refused elsewhere, in the words that make its clients send everything`(
        upstream: Dialect
    ) throws {
        let error = try #require(throws: DialectError.self) {
            try translate(threaded, .anthropicMessages, upstream)
        }
        #expect(error.failure.status == 400)
        #expect(error.param == "thread")
        let body = MessagesErrors.body(error.failure, requestID: "req_1")
        let told = try JSONDocument.parse(body).root["error"]
        #expect(told?["details"]?["error_code"]?.string == "thread_unsupported_request")
    }

    @Test func `Anthropic itself gets its threads as they are`() throws {
        let sent = try translate(threaded, .anthropicMessages, .anthropicMessages).root()
        #expect(sent["thread"]?["previous_message_id"]?.string == "msg_1")
    }

    @Test func `what Anthropic says of a lost thread reaches its client`() throws {
        let said = """
            {"type":"error","error":{"type":"not_found_error","message":"no such thread",\
            "details":{"error_code":"thread_not_found"}}}
            """
        let failure = UpstreamError.read(
            status: 404,
            headers: HTTPHeaders(),
            body: Array(said.utf8),
            dialect: .anthropicMessages
        )
        let told = try JSONDocument.parse(MessagesErrors.body(failure, requestID: "req_1")).root["error"]
        #expect(told?["details"]?["error_code"]?.string == "thread_not_found")
    }

    @Test func `an answer names the response whose items stood in its request`() throws {
        var context = makeContext(.openAIResponses, .openAIChat, streams: false)
        context.continuedResponse = "resp_1"
        _ = try RequestTranslator.translate(
            try json(#"{"model":"m","input":"Go on"}"#),
            profile: TargetProfile(.openAIChat),
            context: &context,
            upstreamStreams: false
        )
        let answer = #"{"choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}]}"#
        let got = relay([Array(answer.utf8)], context, contentType: "application/json")
        #expect(try json(got.out).root["previous_response_id"]?.string == "resp_1")
    }
}
