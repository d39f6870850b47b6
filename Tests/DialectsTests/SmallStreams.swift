import JSONCore

@testable import Dialects

extension Dialect {
    /// Those whose streams are server-sent events.
    static let eventStreams: [Dialect] = spoken.filter { $0 != .ollama }

    /// A provider's complete stream of one text in pieces, as short as it can be.
    func stream(saying pieces: [String]) -> String {
        switch self {
        case .openAIChat:
            pieces.map { chunk(#"{"content":"\#($0)"}"#) }.joined() + chunk("{}", finish: "stop") + "data: [DONE]\n\n"
        case .openAIResponses:
            pieces.map { event("response.output_text.delta", #""item_id":"m","output_index":0,"delta":"\#($0)""#) }
                .joined()
                + event(
                    "response.completed",
                    #""response":{"id":"r","status":"completed","model":"up-model","output":[],"usage":null}"#
                )
        case .anthropicMessages: messageStart + textBlock(0, pieces) + messageEnd("end_turn")
        case .gemini:
            pieces.map { geminiChunk(#"{"text":"\#($0)"}"#) }.joined()
                + geminiChunk(#"{"text":""}"#, #","finishReason":"STOP""#)
        case .ollama: pieces.map { line(#""content":"\#($0)""#) }.joined() + doneLine()
        }
    }
}

extension String {
    /// The events of a stream, without Chat's mark of the end.
    func events() throws -> [JSONValue] { try frameData.filter { $0 != "[DONE]" }.map { try json($0).root } }

    /// The stream as it is passed on to a client of its own dialect: with the model's name that the client knows.
    var passedOn: String { replacing("up-model", with: "my-model") }
}
