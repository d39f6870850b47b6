import Testing

/// A question of a client of each dialect to the model `near/m1`, as it goes over the wire.
struct Ask: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let path: String
    let body: String

    static func all(streams: Bool) -> [Ask] {
        let messages = #""model":"near/m1","messages":[{"role":"user","content":"hi"}],"stream":\#(streams)"#
        let action = streams ? "streamGenerateContent?alt=sse" : "generateContent"
        return [
            Ask(testDescription: "Chat", path: "/v1/chat/completions", body: "{\(messages)}"),
            Ask(
                testDescription: "Responses",
                path: "/v1/responses",
                body: #"{"model":"near/m1","input":"hi","stream":\#(streams)}"#
            ),
            Ask(testDescription: "Messages", path: "/v1/messages", body: #"{\#(messages),"max_tokens":99}"#),
            Ask(
                testDescription: "Gemini",
                path: "/v1beta/models/near/m1:\(action)",
                body: #"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#
            ),
            Ask(testDescription: "Ollama", path: "/api/chat", body: "{\(messages)}"),
        ]
    }
}
