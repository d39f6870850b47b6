@testable import Dialects

/// The fields of Gemini's requests.
enum GeminiFields {
    private static let table = FieldTable(client: .gemini)

    private static func config(_ name: String, _ value: String) -> (field: String, members: String) {
        ("generationConfig.\(name)", #""generationConfig":{"\#(name)":\#(value)}"#)
    }

    private static func setting(
        _ name: String,
        _ value: String,
        says: [Dialect: String] = [:],
        refuses: Set<Dialect> = [],
        loses: String? = nil
    ) -> FieldRow {
        let (field, members) = config(name, value)
        return table.field(field, members, says: says, refuses: refuses, loses: loses)
    }

    private static func user(_ part: String) -> String {
        #"{"contents":[{"role":"user","parts":[{"text":"x"},\#(part)]}]}"#
    }

    private static func history(_ part: String, _ answer: String = #"{"text":"y"}"#) -> String {
        #"{"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[\#(part)]},{"role":"user","parts":[\#(answer)]}]}"#
    }

    private static func tool(_ members: String) -> String {
        #""tools":[{"functionDeclarations":[{"name":"zzf",\#(members)}]}]"#
    }

    static let rows: [FieldRow] = sampling + settings + tools + parts

    private static let sampling: [FieldRow] = [
        setting("maxOutputTokens", "4711", says: .all("4711")),
        setting("temperature", "0.71", says: .all("0.71")),
        setting("topP", "0.71", says: .all("0.71")),
        setting("topK", "71", says: .at("71", .anthropicMessages, .ollama), loses: "top-k"),
        setting("seed", "4711", says: .at("4711", .openAIChat, .ollama), loses: "seed"),
        setting("presencePenalty", "0.71", says: .at("0.71", .openAIChat, .ollama), loses: "penalty:presence"),
        setting("frequencyPenalty", "0.71", says: .at("0.71", .openAIChat, .ollama), loses: "penalty:frequency"),
        setting(
            "candidateCount",
            "3",
            says: .at(#""n":3"#, .openAIChat),
            refuses: [.openAIResponses, .anthropicMessages, .ollama]
        ),
        setting(
            "responseLogprobs",
            "true",
            says: .at("logprobs", .openAIChat, .openAIResponses, .ollama),
            loses: "logprobs"
        ),
        table.field(
            "generationConfig.logprobs",
            #""generationConfig":{"responseLogprobs":true,"logprobs":7}"#,
            says: .at(#""top_logprobs":7"#, .openAIChat, .openAIResponses, .ollama),
            loses: "logprobs"
        ),
        setting("stopSequences", #"["zz"]"#, says: .all("zz").but([.openAIResponses: "input"])),
    ]

    private static let schema = #"{"type":"OBJECT","properties":{"zzp":{"type":"STRING"}},"required":["zzp"]}"#

    private static let settings: [FieldRow] = [
        table.field(
            "generationConfig.responseSchema",
            #""generationConfig":{"responseMimeType":"application/json","responseSchema":\#(schema)}"#,
            says: .all("zzp")
        ),
        setting(
            "responseJsonSchema",
            #"{"type":"object","properties":{"zzp":{"type":"string"}}}"#,
            says: .all("zzp")
        ),
        setting(
            "responseMimeType",
            #""application/json""#,
            says: .at("json_object", .openAIChat, .openAIResponses).but([.ollama: #""format":"json""#]),
            loses: "structured-output"
        ),
        table.field(
            "generationConfig.responseMimeType.unknown",
            #""generationConfig":{"responseMimeType":"text/x.zz"}"#,
            loses: "structured-output"
        ),
        setting("responseModalities", #"["TEXT","IMAGE"]"#, loses: "modalities"),
        setting(
            "mediaResolution",
            #""MEDIA_RESOLUTION_LOW""#,
            loses: "field:generationConfig.mediaResolution"
        ),
        setting("speechConfig", #"{"a":1}"#, loses: "field:generationConfig.speechConfig"),
        setting("imageConfig", #"{"aspectRatio":"1:1"}"#, loses: "field:generationConfig.imageConfig"),
        setting(
            "thinkingConfig",
            #"{"thinkingBudget":2047}"#,
            says: [
                .openAIChat: #""reasoning_effort":"medium""#, .openAIResponses: #""effort":"medium""#,
                .anthropicMessages: "2047",
            ],
            loses: "reasoning:effort"
        ),
        table.field(
            "generationConfig.thinkingConfig.thinkingLevel",
            #""generationConfig":{"thinkingConfig":{"thinkingLevel":"LOW"}}"#,
            says: [
                .openAIChat: #""reasoning_effort":"low""#, .openAIResponses: #""effort":"low""#,
                .anthropicMessages: "1024",
            ],
            loses: "reasoning:effort"
        ),
        table.field(
            "generationConfig.thinkingConfig.thinkingLevel.unknown",
            #""generationConfig":{"thinkingConfig":{"thinkingLevel":"ZZ"}}"#,
            loses: "reasoning:effort"
        ),
        table.field(
            "generationConfig.thinkingConfig.includeThoughts",
            #""generationConfig":{"thinkingConfig":{"thinkingBudget":2047,"includeThoughts":false}}"#,
            says: [.openAIResponses: #""reasoning":{"effort":"medium"}"#, .anthropicMessages: #""display":"omitted""#],
            loses: "reasoning-display"
        ),
        table.field(
            "generationConfig.thinkingConfig.unknown",
            #""generationConfig":{"thinkingConfig":{"zz":1}}"#,
            loses: "field:generationConfig.thinkingConfig.zz"
        ),
        table.field(
            "safetySettings",
            #""safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}]"#,
            loses: "field:safetySettings"
        ),
        table.field("cachedContent", #""cachedContent":"zz""#, loses: "server-state:cachedContent"),
        table.field("labels", #""labels":{"a":"zz"}"#, loses: "field:labels"),
        table.field(
            "serviceTier",
            #""serviceTier":"flex""#,
            says: .at("flex", .openAIChat, .openAIResponses),
            loses: "service-tier"
        ),
        table.field("systemInstruction", #""systemInstruction":{"parts":[{"text":"zz"}]}"#, says: .all("zz")),
        table.field(
            "systemInstruction.inlineData",
            #""systemInstruction":{"parts":[{"text":"s"},{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}]}"#,
            loses: "media:image"
        ),
    ]

    private static let tools: [FieldRow] = [
        table.field("tools.name", tool(#""description":"zzd""#), says: .all("zzf")),
        table.field("tools.description", tool(#""description":"zzd""#), says: .all("zzd")),
        table.field("tools.parameters", tool(#""parameters":\#(schema)"#), says: .all("zzp")),
        table.field(
            "tools.behavior",
            tool(#""behavior":"NON_BLOCKING""#),
            loses: "field:functionDeclarations.behavior"
        ),
        table.field(
            "tools.response",
            tool(#""response":{"type":"OBJECT"}"#),
            loses: "field:functionDeclarations.response"
        ),
        table.field("tools.codeExecution", #""tools":[{"codeExecution":{}}]"#, loses: "hosted-tool:codeExecution"),
        table.field(
            "tools.googleSearch",
            #""tools":[{"googleSearch":{}}]"#,
            says: .at("web_search", .openAIChat, .openAIResponses, .anthropicMessages),
            loses: "hosted-tool:googleSearch"
        ),
        table.field(
            "toolConfig.functionCallingConfig.mode",
            tool(#""description":"d""#) + #","toolConfig":{"functionCallingConfig":{"mode":"ANY"}}"#,
            says: .at(#""required""#, .openAIChat, .openAIResponses).but([.anthropicMessages: #""any""#]),
            loses: "tool-choice"
        ),
        table.field(
            "toolConfig.functionCallingConfig.unknown",
            tool(#""description":"d""#) + #","toolConfig":{"functionCallingConfig":{"zz":1}}"#,
            loses: "field:toolConfig.functionCallingConfig.zz"
        ),
        table.field(
            "toolConfig.retrievalConfig",
            #""toolConfig":{"retrievalConfig":{"languageCode":"zz"}}"#,
            loses: "field:toolConfig.retrievalConfig"
        ),
    ]

    private static let call = #"{"functionCall":{"name":"f","args":{"zz":1}}}"#

    private static let parts: [FieldRow] = [
        table.body("contents.text", user(#"{"text":"zz"}"#), says: .all("zz")),
        table.body(
            "contents.inlineData",
            user(#"{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}"#),
            says: .all("iVBORw0KGgo=")
        ),
        table.body(
            "contents.mediaResolution",
            user(
                #"{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="},"mediaResolution":{"level":"MEDIA_RESOLUTION_MEDIUM"}}"#
            ),
            loses: "image-detail"
        ),
        table.body(
            "contents.videoMetadata",
            #"{"contents":[{"role":"user","parts":[{"fileData":{"fileUri":"https://youtu.be/a"},"videoMetadata":{"startOffset":"1s"}}]},{"role":"model","parts":[{"text":"a"}]},{"role":"user","parts":[{"text":"b"}]}]}"#,
            loses: "field:videoMetadata"
        ),
        table.body(
            "contents.functionCall",
            history(call, #"{"functionResponse":{"name":"f","response":{"result":"zzr"}}}"#),
            says: .all("zzr")
        ),
        table.body(
            "contents.functionResponse.scheduling",
            history(call, #"{"functionResponse":{"name":"f","response":{"result":"r"},"scheduling":"SILENT"}}"#),
            loses: "field:functionResponse.scheduling"
        ),
        table.body(
            "contents.functionResponse.parts",
            history(call, #"{"functionResponse":{"name":"f","response":{"result":"r"},"parts":[{"hologram":{}}]}}"#),
            loses: "content-part:hologram"
        ),
        table.body(
            "contents.executableCode",
            history(#"{"executableCode":{"language":"PYTHON","code":"zz()"}}"#),
            says: .all("zz()")
        ),
        table.body(
            "contents.thought",
            history(#"{"text":"zz","thought":true},{"text":"a"}"#),
            says: .at("zz", .ollama),
            noLoss: .oldThinking
        ),
        table.body(
            "contents.thoughtSignature",
            history(#"{"text":"a","thoughtSignature":"CpQBzz=="}"#),
            loses: "reasoning-history"
        ),
        table.body("contents.unknown", history(#"{"hologram":{}},{"text":"a"}"#), loses: "content-part:hologram"),
    ]
}
