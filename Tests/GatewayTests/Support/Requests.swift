import Dialects

/// A request as a client of each dialect makes it.
struct ClientQuestion: Sendable {
    let dialect: Dialect
    let model: String
    var streams = false
    var text = "hello"
    var maxOutput = 9
    /// Members of the body beside the usual ones, each with a comma in front.
    var more = ""

    var body: String {
        switch dialect {
        case .openAIChat, .anthropicMessages:
            #"{"model":"\#(model)","max_tokens":\#(maxOutput),\#(messages)\#(streams ? #","stream":true"# : "")\#(more)}"#
        case .openAIResponses:
            #"{"model":"\#(model)","max_output_tokens":\#(maxOutput),"input":"\#(text)","stream":\#(streams)\#(more)}"#
        case .gemini:
            #"{"contents":[{"role":"user","parts":[{"text":"\#(text)"}]}],"#
                + #""generationConfig":{"maxOutputTokens":\#(maxOutput)}\#(more)}"#
        case .ollama:
            #"{"model":"\#(model)","options":{"num_predict":\#(maxOutput)},\#(messages),"stream":\#(streams)\#(more)}"#
        }
    }

    /// What is said by the path.
    var address: RequestAddress {
        dialect == .gemini ? RequestAddress(model: model, streams: streams) : RequestAddress()
    }

    private var messages: String { #""messages":[{"role":"user","content":"\#(text)"}]"# }
}

extension Dialect {
    /// The member that declares a tool `f` with a number `n`.
    var tools: String {
        let schema = #"{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}"#
        return switch self {
        case .openAIChat, .ollama:
            #","tools":[{"type":"function","function":{"name":"f","parameters":\#(schema)}}]"#
        case .openAIResponses: #","tools":[{"type":"function","name":"f","parameters":\#(schema)}]"#
        case .anthropicMessages: #","tools":[{"name":"f","input_schema":\#(schema)}]"#
        case .gemini: #","tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":\#(schema)}]}]"#
        }
    }

    /// The path of a request, as records show it.
    func path(_ address: RequestAddress) -> String {
        switch self {
        case .openAIChat: "/v1/chat/completions"
        case .openAIResponses: "/v1/responses"
        case .anthropicMessages: "/v1/messages"
        case .gemini:
            "/v1beta/models/\(address.model ?? ""):\(address.streams == true ? "streamGenerateContent" : "generateContent")"
        case .ollama: "/api/chat"
        }
    }
}
