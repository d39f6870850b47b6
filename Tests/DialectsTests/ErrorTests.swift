import HTTPCore
import JSONCore
import Testing

@testable import Dialects

@Suite struct `Errors` {
    private static func read(_ status: Int, _ body: String, _ headers: [(String, String)] = []) -> Failure {
        UpstreamError.read(status: status, headers: HTTPHeaders(headers), body: Array(body.utf8), dialect: .openAIChat)
    }

    // MARK: - Reading

    @Test(arguments: [
        (#"{"error":{"message":"M","type":"t","code":"c"}}"#, "M"), (#"{"error":"M"}"#, "M"),
        (#"{"errors":[{"message":"M"}]}"#, "M"), (#"{"message":"M"}"#, "M"), (#"{"detail":"M"}"#, "M"),
        (#"{"detail":[{"msg":"M","loc":["body","x"]}]}"#, "body.x: M"),
        (#"{"type":"error","error":{"message":"M"}}"#, "M"),
        (#"[{"error":{"message":"M"}}]"#, "M"), (#"{"error":{"message":"{\"error\":{\"message\":\"M\"}}"}}"#, "M"),
        (#"{"err_code":"E","err_msg":"M"}"#, "M"), (#"{"code":7,"msg":"M"}"#, "M"),
        (#"{"success":false,"message":"M"}"#, "M"),
        ("M", "M"), ("<html><title>M</title></html>", "M"), ("data: {\"error\":{\"message\":\"M\"}}\n\n", "M"),
        ("", "the provider answered with status 500"), ("{}", "the provider answered with status 500"),
        ("\u{0}\u{1}\u{2}", "the provider answered with status 500"),
    ])
    func `every form of an error body is read`(body: String, message: String) {
        let failure = Self.read(500, body)
        #expect(failure.message.trimmingControls == message)
        #expect(failure.status == 500)
        #expect(failure.cause == .status)
    }

    @Test func `the provider's words and hints are kept`() {
        let failure = Self.read(
            429,
            #"{"error":{"message":"slow","type":"tokens","code":"rate_limit_exceeded","param":"x"}}"#,
            [("Retry-After", "17")]
        )
        #expect(failure.kind == .rateLimit)
        #expect(failure.type == "tokens")
        #expect(failure.code == "rate_limit_exceeded")
        #expect(failure.param == "x")
        #expect(failure.retryAfter == 17)
        #expect(Self.read(429, "", [("retry-after-ms", "1500")]).retryAfter == 2)
        #expect(Self.read(429, "", [("retry-after", "soon")]).retryAfter == nil)
    }

    @Test func `a context that is too long is told from other bad requests`() {
        #expect(Self.read(400, #"{"error":{"message":"x","code":"context_length_exceeded"}}"#).kind == .contextLength)
        #expect(Self.read(400, #"{"error":{"message":"prompt is too long: 9 > 8"}}"#).kind == .contextLength)
        #expect(Self.read(400, #"{"error":{"message":"bad field"}}"#).kind == .invalidRequest)
        #expect(Self.read(400, #"{"error":{"message":"x","code":"content_policy_violation"}}"#).kind == .contentPolicy)
    }

    @Test func `T162: a 400 that speaks of a rate limit is one`() {
        let failure = Self.read(400, #"{"error":{"message":"Rate limit reached, try later"}}"#)
        #expect(failure.kind == .rateLimit)
        #expect(failure.status == 429)
    }

    @Test(arguments: [
        (#"{"error":{"message":"x","code":503}}"#, 503), (#"{"error":{"message":"x","status":"429"}}"#, 429),
        (#"{"error":{"message":"x","type":"overloaded_error"}}"#, 529),
        (#"{"error":{"message":"Too many requests"}}"#, 429),
        (#"{"error":{"message":"x"}}"#, 502), (#"{"error":"x"}"#, 502),
        (#"{"type":"error","error":{"type":"api_error"}}"#, 500),
        (#"{"success":false,"message":"x"}"#, 502),
    ])
    func `T161: an error in a body with status 200 has a status of its own`(body: String, status: Int) throws {
        let failure = try #require(UpstreamError.inBody(try json(body).root, dialect: .openAIChat))
        #expect(failure.status == status)
        #expect(failure.cause == .errorInAnswer)
    }

    @Test func `an answer is no error because it mentions one`() throws {
        #expect(UpstreamError.inBody(try json(#"{"choices":[],"error":null}"#).root, dialect: .openAIChat) == nil)
        #expect(
            UpstreamError.inBody(try json(#"{"content":[],"type":"message"}"#).root, dialect: .anthropicMessages) == nil
        )
    }

    // MARK: - Sanitising

    @Test(arguments: [
        ("key sk-proj-abcDEF1234567890abcd is bad", "key <redacted> is bad"),
        ("Incorrect API key provided: sk-ab***yz.", "Incorrect API key provided: <redacted>"),
        ("Authorization: Bearer abcdefghij.klm", "Authorization: Bearer <redacted>"),
        ("AIzaSyA1234567890abcdefghij", "<redacted>"), ("ghp_abcdefghijklmnop1234", "<redacted>"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc", "token <redacted>"),
        ("user someone@example.com failed", "user <email> failed"),
        ("at /home/user/app/index.js:12", "at <path>"), ("in (/usr/lib/x.py)", "in (<path>)"),
        ("C:\\Users\\x\\y.txt gone", "<path> gone"), ("POST /v1/messages failed", "POST /v1/messages failed"),
        (
            "image data:image/png;base64,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA bad",
            "image <data> bad"
        ),
        ("first\nsecond", "first"), ("\n  second", "second"),
        ("task-list and sk-short stay", "task-list and sk-short stay"),
        (
            "max_tokens: 4096 > 2048, see https://docs.example/errors",
            "max_tokens: 4096 > 2048, see https://docs.example/errors"
        ),
    ])
    func `messages leave without secrets, addresses and paths`(text: String, clean: String) {
        #expect(MessageSanitiser.clean(text) == clean)
    }

    @Test func `messages are bounded`() {
        #expect(MessageSanitiser.clean(String(repeating: "a b ", count: 5_000)).count <= 4_096)
    }

    // MARK: - Writing

    @Test(arguments: FailureKind.allCases)
    func `every kind is written in every dialect`(kind: FailureKind) throws {
        for dialect in Dialect.spoken {
            let (status, body) = ErrorBody.render(Failure(kind, "why \"x\""), dialect: dialect, requestID: "req_1")
            let root = try JSONDocument.parse(body).root
            #expect((400...599).contains(status))
            var frames: [UInt8] = []
            let encoder = dialect.codec.makeAnswerEncoder(context: makeContext(dialect, dialect))
            encoder.write(.error(Failure(kind, "why")), into: &frames)
            let event = String(decoding: frames, as: UTF8.self)
            #expect(event.contains(#""retryable":"#) && event.contains(#""reason":""#))
            if dialect == .ollama {
                #expect(root["error"]?.string == "why \"x\"")
                #expect(root.count == 1)
                #expect(event.hasPrefix(#"{"error":"why","retryable":"#) && event.hasSuffix("}\n"))
                continue
            }
            #expect(root["error"]?["message"]?.string?.contains("why \"x\"") == true)
            let word: StaticString = dialect == .gemini ? "status" : "type"
            #expect(root["error"]?[word]?.string?.isEmpty == false)
            if dialect == .gemini {
                #expect(root["error"]?["code"]?.int == status)
                #expect(root["error"]?["details"]?.isArray == true)
            } else if dialect == .anthropicMessages {
                #expect(root["type"]?.string == "error")
                #expect(root["request_id"]?.string == "req_1")
            } else {
                #expect(root["error"]?["param"]?.isNull == true)
                #expect(root["error"]?["code"] != nil)
            }
            #expect(event.hasSuffix(dialect == .gemini ? "\r\n\r\n" : "\n\n"))
        }
    }

    @Test func `T140: statuses and words are those of the client's dialect`() throws {
        let overloaded = Failure(.overloaded, "busy")
        #expect(ErrorBody.render(overloaded, dialect: .anthropicMessages, requestID: "").status == 529)
        let chat = ErrorBody.render(overloaded, dialect: .openAIChat, requestID: "")
        #expect(chat.status == 503)
        #expect(try JSONDocument.parse(chat.body).root["error"]?["code"]?.string == "overloaded")
        let ollama = ErrorBody.render(overloaded, dialect: .ollama, requestID: "")
        #expect(ollama.status == 503)
        #expect(String(decoding: ollama.body, as: UTF8.self) == #"{"error":"busy"}"#)
        #expect(ErrorBody.render(Failure(.unprocessable, "x"), dialect: .ollama, requestID: "").status == 400)
        let missing = ErrorBody.render(Failure(.notFound, "x"), dialect: .openAIChat, requestID: "")
        #expect(try JSONDocument.parse(missing.body).root["error"]?["code"]?.string == "model_not_found")
        let odd = ErrorBody.render(Failure(.invalidRequest, "x", status: 409), dialect: .openAIChat, requestID: "")
        #expect(odd.status == 409)
    }

    @Test func `the provider's type and code are shown only to clients of its dialect`() throws {
        let failure = UpstreamError.read(
            status: 400,
            headers: HTTPHeaders(),
            body: Array(#"{"error":{"message":"x","type":"odd","code":"special"}}"#.utf8),
            dialect: .openAIChat
        )
        let same = try JSONDocument.parse(ErrorBody.render(failure, dialect: .openAIChat, requestID: "").body).root
        #expect(same["error"]?["type"]?.string == "odd")
        #expect(same["error"]?["code"]?.string == "special")
        let other = try JSONDocument.parse(ErrorBody.render(failure, dialect: .anthropicMessages, requestID: "").body)
            .root
        #expect(other["error"]?["type"]?.string == "invalid_request_error")
    }

    @Test func `Claude Code reads the words that make it compact its context`() throws {
        let body = ErrorBody.render(
            Failure(.contextLength, "maximum context length is 8192"),
            dialect: .anthropicMessages,
            requestID: ""
        ).body
        #expect(
            try JSONDocument.parse(body).root["error"]?["message"]?.string
                == "prompt is too long: maximum context length is 8192"
        )
    }

    @Test(arguments: [
        (#"{"messages":[]}"#, "Missing model"), (#"{"model":5,"messages":[{}]}"#, "model must be a non-empty string"),
        (#"{"model":"m"}"#, "Missing messages"), (#"{"model":"m","messages":"x"}"#, "messages must be an array"),
        (#"{"model":"m","messages":[]}"#, "messages must not be empty"),
        ("[]", "the request body must be a JSON object"),
        (#"{"model":"m","messages":[{}],"stream":"yes"}"#, "stream must be true or false"),
    ])
    func `T164: requests that nobody could answer are refused at once`(body: String, message: String) throws {
        // To Ollama a request without messages is a wish to load the model; Responses has none.
        let mayLoad = ["Missing messages", "messages must not be empty"].contains(message)
        let hasMessages = message.lowercased().contains("messages")
        for dialect in Dialect.spoken
        where !(mayLoad && dialect == .ollama) && !(hasMessages && dialect == .openAIResponses) {
            let turns = dialect == .gemini ? "contents" : "messages"
            let body = try json(body.replacing("messages", with: turns))
            let error = #expect(throws: DialectError.self) { try RequestFacts.read(body, dialect: dialect) }
            #expect(error?.message == message.replacing("messages", with: turns))
            #expect(error?.failure.status == 400)
        }
    }

    @Test func `the facts of a request are known before it is translated`() throws {
        let body = #"{"model":"m","messages":[{},{}],"tools":[{},{}],"disable_streaming":true,"max_tokens":9}"#
        let facts = try RequestFacts.read(try json(body), dialect: .openAIChat)
        #expect(facts.streams == false)
        #expect(facts.messageCount == 2)
        #expect(facts.toolCount == 2)
        #expect(facts.maxOutput == 9)
        #expect(try RequestFacts.read(try json(#"{"model":"m","messages":[{}]}"#), dialect: .openAIChat).streams == nil)
    }
}

extension String {
    fileprivate var trimmingControls: String { String(unicodeScalars.filter { $0.value >= 0x20 }) }
}
