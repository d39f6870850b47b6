@testable import Dialects

/// The fields of Ollama's requests.
enum OllamaFields {
    private static let table = FieldTable(client: .ollama)

    private static func option(
        _ name: String,
        _ value: String,
        says: [Dialect: String] = [:],
        loses: String? = nil
    ) -> FieldRow {
        table.field("options.\(name)", #""options":{"\#(name)":\#(value)}"#, says: says, loses: loses)
    }

    static let rows: [FieldRow] = options + settings

    private static let options: [FieldRow] = [
        option("num_predict", "4711", says: .all("4711")), option("temperature", "0.71", says: .all("0.71")),
        option("top_p", "0.71", says: .all("0.71")),
        option("top_k", "71", says: .at("71", .anthropicMessages, .gemini), loses: "top-k"),
        option("min_p", "0.71", loses: "min-p"), option("repeat_penalty", "1.71", loses: "penalty:repeat"),
        option("seed", "4711", says: .at("4711", .openAIChat, .gemini), loses: "seed"),
        option("presence_penalty", "0.71", says: .at("0.71", .openAIChat, .gemini), loses: "penalty:presence"),
        option("frequency_penalty", "0.71", says: .at("0.71", .openAIChat, .gemini), loses: "penalty:frequency"),
        option("stop", #"["zz"]"#, says: .all("zz").but([.openAIResponses: "input"])),
        option("num_ctx", "8192", loses: "field:num_ctx"), option("typical_p", "0.7", loses: "field:typical_p"),
        option("repeat_last_n", "64", loses: "field:repeat_last_n"),
    ]

    private static let settings: [FieldRow] = [
        table.field(
            "format",
            #""format":{"type":"object","properties":{"zzp":{"type":"string"}}}"#,
            says: .all("zzp")
        ),
        table.field(
            "think",
            #""think":"low""#,
            says: [
                .openAIChat: #""reasoning_effort":"low""#, .openAIResponses: #""effort":"low""#,
                .anthropicMessages: #""thinking""#, .gemini: "1024",
            ]
        ),
        table.field("keep_alive", #""keep_alive":"5m""#, loses: "field:keep_alive"),
        table.field(
            "logprobs",
            #""logprobs":true"#,
            says: [.openAIChat: "logprobs", .openAIResponses: "logprobs", .gemini: "responseLogprobs"],
            loses: "logprobs"
        ),
        table.field(
            "top_logprobs",
            #""logprobs":true,"top_logprobs":7"#,
            says: .at(#"ogprobs":7"#, .openAIChat, .openAIResponses, .gemini),
            loses: "logprobs"
        ),
        table.field("truncate", #""truncate":true"#, loses: "field:truncate"),
        table.field("shift", #""shift":true"#, loses: "field:shift"),
        table.field(
            "tools",
            #""tools":[{"type":"function","function":{"name":"zzf","description":"d","parameters":{"type":"object","properties":{}}}}]"#,
            says: .all("zzf")
        ),
        table.field(
            "tools.unknown",
            #""tools":[{"type":"function","function":{"name":"zzf","zz":1}}]"#,
            loses: "field:tools.zz"
        ),
        table.body(
            "messages.images",
            #"{"model":"m","messages":[{"role":"user","content":"x","images":["iVBORw0KGgo="]}]}"#,
            says: .all("iVBORw0KGgo=")
        ),
        table.body(
            "messages.images.system",
            #"{"model":"m","messages":[{"role":"system","content":"s","images":["iVBORw0KGgo="]},{"role":"user","content":"x"}]}"#,
            loses: "media:image"
        ),
        table.body(
            "messages.thinking",
            #"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"a","thinking":"zz"},{"role":"user","content":"y"}]}"#,
            noLoss: .oldThinking
        ),
        table.body(
            "messages.tool_calls",
            #"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"","tool_calls":[{"function":{"index":0,"name":"zzf","arguments":{"a":1}}}]},{"role":"tool","tool_name":"zzf","content":"zzr"}]}"#,
            says: .all("zzr")
        ),
    ]
}
