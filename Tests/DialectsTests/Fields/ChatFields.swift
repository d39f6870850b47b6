@testable import Dialects

/// The fields of Chat requests.
enum ChatFields {
    private static let table = FieldTable(client: .openAIChat)
    private static let image = "iVBORw0KGgo="

    private static func user(_ part: String) -> String {
        #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"},\#(part)]}]}"#
    }

    private static func history(_ assistant: String, _ rest: String = "") -> String {
        #"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant",\#(assistant)},\#(rest){"role":"user","content":"y"}]}"#
    }

    private static func tool(_ members: String) -> String {
        #""tools":[{"type":"function","function":{"name":"zzf",\#(members)}}]"#
    }

    static let rows: [FieldRow] = sampling + settings + tools + messages

    private static let sampling: [FieldRow] = [
        table.field("max_completion_tokens", #""max_completion_tokens":4711"#, says: .all("4711")),
        table.field("max_tokens", #""max_tokens":4711"#, says: .all("4711")),
        table.field("temperature", #""temperature":0.71"#, says: .all("0.71")),
        table.field("top_p", #""top_p":0.71"#, says: .all("0.71")),
        table.field("top_k", #""top_k":71"#, says: .at("71", .anthropicMessages, .gemini, .ollama), loses: "top-k"),
        table.field("min_p", #""min_p":0.71"#, says: .at("0.71", .ollama), loses: "min-p"),
        table.field(
            "repetition_penalty",
            #""repetition_penalty":1.71"#,
            says: .at(#""repeat_penalty":1.71"#, .ollama),
            loses: "penalty:repeat"
        ),
        table.field(
            "presence_penalty",
            #""presence_penalty":0.71"#,
            says: .at("0.71", .gemini, .ollama),
            loses: "penalty:presence"
        ),
        table.field(
            "frequency_penalty",
            #""frequency_penalty":0.71"#,
            says: .at("0.71", .gemini, .ollama),
            loses: "penalty:frequency"
        ),
        table.field("seed", #""seed":4711"#, says: .at("4711", .gemini, .ollama), loses: "seed"),
        table.field("logit_bias", #""logit_bias":{"4711":1}"#, loses: "logit-bias"),
        table.field(
            "n",
            #""n":3"#,
            says: .at(#""candidateCount":3"#, .gemini),
            refuses: [.openAIResponses, .anthropicMessages, .ollama]
        ),
        table.field(
            "logprobs",
            #""logprobs":true"#,
            says: [
                .openAIResponses: "message.output_text.logprobs", .gemini: "responseLogprobs", .ollama: "logprobs",
            ],
            loses: "logprobs"
        ),
        table.field(
            "top_logprobs",
            #""logprobs":true,"top_logprobs":7"#,
            says: .at(#"ogprobs":7"#, .openAIResponses, .gemini, .ollama),
            loses: "logprobs"
        ),
        // Responses has no stop sequences: the gateway looks out for them.
        table.field(
            "stop",
            #""stop":["zz"]"#,
            says: .all("zz").but([.openAIResponses: #""input""#])
        ),
    ]

    private static let settings: [FieldRow] = [
        table.field("stream_options", #""stream_options":{"include_obfuscation":true}"#, noLoss: .delivery),
        table.field(
            "response_format.json_object",
            #""response_format":{"type":"json_object"}"#,
            says: [.openAIResponses: "json_object", .gemini: "application/json", .ollama: #""format":"json""#],
            loses: "structured-output"
        ),
        table.field(
            "response_format.json_schema",
            #""response_format":{"type":"json_schema","json_schema":{"name":"n","description":"zzd","schema":{"type":"object","properties":{"zz":{"type":"string"}},"required":["zz"],"additionalProperties":false}}}"#,
            says: .all("zzd")
        ),
        table.field(
            "response_format.type",
            #""response_format":{"type":"grammar","grammar":"zz"}"#,
            loses: "structured-output"
        ),
        table.field(
            "reasoning_effort",
            #""reasoning_effort":"low""#,
            says: [.openAIResponses: #""effort":"low""#, .anthropicMessages: "1024", .gemini: "1024"],
            loses: "reasoning:effort"
        ),
        table.field("reasoning_effort.unknown", #""reasoning_effort":"zz""#, loses: "reasoning:effort"),
        table.field(
            "reasoning.max_tokens",
            #""reasoning":{"max_tokens":2047}"#,
            says: [.openAIResponses: #""effort":"medium""#, .anthropicMessages: "2047", .gemini: "2047"],
            loses: "reasoning:effort"
        ),
        table.field(
            "reasoning.exclude",
            #""reasoning":{"effort":"high","exclude":true}"#,
            says: [
                .openAIResponses: #""reasoning":{"effort":"high"}"#, .anthropicMessages: #""display":"omitted""#,
                .gemini: #""includeThoughts":false"#,
            ],
            loses: "reasoning-display"
        ),
        table.field("reasoning.zz", #""reasoning":{"zz":1}"#, loses: "field:reasoning.zz"),
        table.field(
            "output_config.effort",
            #""output_config":{"effort":"low"}"#,
            says: [.openAIResponses: #""effort":"low""#, .anthropicMessages: "1024", .gemini: "1024"],
            loses: "reasoning:effort"
        ),
        table.field(
            "thinking",
            #""thinking":{"type":"enabled","budget_tokens":2047}"#,
            says: [.openAIResponses: #""effort":"medium""#, .anthropicMessages: "2047", .gemini: "2047"],
            loses: "reasoning:effort"
        ),
        table.field(
            "thinking_budget",
            #""thinking_budget":2047"#,
            says: [.openAIResponses: #""effort":"medium""#, .anthropicMessages: "2047", .gemini: "2047"],
            loses: "reasoning:effort"
        ),
        table.field(
            "enable_thinking",
            #""enable_thinking":true"#,
            says: [
                .openAIResponses: #""summary":"auto""#, .anthropicMessages: #""type":"enabled""#,
                .gemini: #""includeThoughts":true"#, .ollama: #""think":true"#,
            ]
        ),
        table.field(
            "verbosity",
            #""verbosity":"low""#,
            says: .at(#""verbosity":"low""#, .openAIResponses),
            loses: "verbosity"
        ),
        table.field(
            "modalities",
            #""modalities":["text","audio"]"#,
            says: .at(#"["TEXT","AUDIO"]"#, .gemini),
            loses: "modalities"
        ),
        table.field("audio", #""audio":{"voice":"zz","format":"wav"}"#, loses: "field:audio"),
        table.field(
            "prediction",
            #""prediction":{"type":"content","content":"zz"}"#,
            loses: "field:prediction"
        ),
        table.field("moderation", #""moderation":{"model":"zz"}"#, loses: "field:moderation"),
        table.field(
            "service_tier",
            #""service_tier":"flex""#,
            says: .at("flex", .openAIResponses),
            loses: "service-tier"
        ),
        table.field("store", #""store":true"#, says: .at(#""store":true"#, .openAIResponses), loses: "store"),
        table.field("metadata", #""metadata":{"k":"zz"}"#, says: .at("zz", .openAIResponses), loses: "metadata"),
        table.field("user", #""user":"zz""#, says: .at("zz", .openAIResponses, .anthropicMessages), loses: "user"),
        table.field(
            "safety_identifier",
            #""safety_identifier":"zz""#,
            says: .at("zz", .openAIResponses, .anthropicMessages),
            loses: "user"
        ),
        table.field(
            "prompt_cache_key",
            #""prompt_cache_key":"zz""#,
            says: .at("zz", .openAIResponses),
            loses: "prompt-cache-key"
        ),
        table.field(
            "prompt_cache_retention",
            #""prompt_cache_retention":"24h""#,
            says: .at("24h", .openAIResponses),
            loses: "cache-retention"
        ),
        table.field("prompt_cache_options", #""prompt_cache_options":{"mode":"explicit"}"#, noLoss: .cache),
        table.field("cache_control", #""cache_control":{"type":"ephemeral"}"#, noLoss: .cache),
        table.field(
            "web_search_options.search_context_size",
            #""web_search_options":{"search_context_size":"high"}"#,
            says: .at("high", .openAIResponses).but([.ollama: "messages"]),
            loses: "hosted-tool-setting:search_context_size"
        ),
        table.field(
            "web_search_options.user_location",
            #""web_search_options":{"user_location":{"type":"approximate","approximate":{"city":"zz"}}}"#,
            says: .at("zz", .openAIResponses, .anthropicMessages).but([.ollama: "messages"]),
            loses: "hosted-tool-setting:user_location"
        ),
        table.field("system", #""system":"zz""#, says: .all("zz")),
    ]

    private static let tools: [FieldRow] = [
        table.field("tools.name", tool(#""description":"zzd""#), says: .all("zzf")),
        table.field("tools.description", tool(#""description":"zzd""#), says: .all("zzd")),
        table.field(
            "tools.parameters",
            tool(#""parameters":{"type":"object","properties":{"zzp":{"type":"string"}}}"#),
            says: .all("zzp")
        ),
        table.field(
            "tools.strict",
            tool(
                #""strict":true,"parameters":{"type":"object","properties":{},"required":[],"additionalProperties":false}"#
            ),
            says: .at(#""strict":true"#, .openAIResponses, .anthropicMessages),
            loses: "tool-strict"
        ),
        table.field("tools.input_examples", tool(#""input_examples":[{"a":1}]"#), loses: "field:tools.input_examples"),
        table.field("tools.defer_loading", tool(#""defer_loading":true"#), noLoss: .allTools),
        table.field(
            "tools.custom",
            #""tools":[{"type":"custom","custom":{"name":"c","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"zz"}}}}]"#,
            says: .at(#""format":{"type":"grammar""#, .openAIResponses),
            loses: "tool-grammar"
        ),
        table.field("functions", #""functions":[{"name":"zzf"}]"#, says: .all("zzf")),
        table.field(
            "function_call",
            #""functions":[{"name":"zzf"}],"function_call":{"name":"zzf"}"#,
            says: [
                .openAIResponses: #""tool_choice":{"type":"function""#, .anthropicMessages: #""type":"tool""#,
                .gemini: "allowedFunctionNames",
            ],
            loses: "tool-choice"
        ),
        table.field(
            "tool_choice",
            tool(#""strict":false"#) + #","tool_choice":"required""#,
            says: [.openAIResponses: #""required""#, .anthropicMessages: #""any""#, .gemini: #""ANY""#],
            loses: "tool-choice"
        ),
        table.field(
            "parallel_tool_calls",
            tool(#""strict":false"#) + #","parallel_tool_calls":false"#,
            says: [
                .openAIResponses: #""parallel_tool_calls":false"#,
                .anthropicMessages: #""disable_parallel_tool_use":true"#,
            ],
            loses: "parallel-tools"
        ),
    ]

    private static let messages: [FieldRow] = [
        table.body(
            "messages.system",
            #"{"model":"m","messages":[{"role":"developer","content":"zz"},{"role":"user","content":"x"}]}"#,
            says: .all("zz")
        ),
        table.body(
            "messages.system.image",
            #"{"model":"m","messages":[{"role":"system","content":[{"type":"text","text":"s"},{"type":"image_url","image_url":{"url":"https://a/b"}}]},{"role":"user","content":"x"}]}"#,
            loses: "media:image"
        ),
        table.body(
            "messages.name",
            #"{"model":"m","messages":[{"role":"user","name":"zz","content":"x"}]}"#,
            loses: "message-name"
        ),
        table.body(
            "messages.image_url",
            user(#"{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(image)"}}"#),
            says: .all(image)
        ),
        table.body(
            "messages.image_url.detail",
            user(#"{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(image)","detail":"low"}}"#),
            says: [.openAIResponses: #""detail":"low""#, .gemini: "MEDIA_RESOLUTION_LOW"],
            loses: "image-detail"
        ),
        table.body(
            "messages.input_audio",
            user(#"{"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}}"#),
            says: .at("UklGRg==", .gemini),
            refuses: [.openAIResponses, .anthropicMessages, .ollama]
        ),
        table.body(
            "messages.file",
            user(#"{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0x"}}"#),
            says: .all("JVBERi0x"),
            refuses: [.ollama]
        ),
        table.body(
            "messages.file_id",
            user(#"{"type":"file","file":{"file_id":"file-zz"}}"#),
            refuses: [.openAIResponses, .anthropicMessages, .gemini, .ollama]
        ),
        table.body("messages.unknown", user(#"{"type":"hologram"}"#), loses: "content-part:hologram"),
        table.body("messages.refusal", history(#""content":null,"refusal":"zz""#), says: .all("zz")),
        table.body("messages.audio", history(#""audio":{"id":"zz"}"#), loses: "media:audio"),
        table.body(
            "messages.annotations",
            history(#""content":"a","annotations":[{"type":"url_citation","url_citation":{"url":"https://zz"}}]"#),
            loses: "content-part:annotations"
        ),
        table.body(
            "messages.images",
            history(
                #""content":"a","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(image)"}}]"#
            ),
            says: .all(image)
        ),
        table.body(
            "messages.reasoning_content",
            history(#""content":"a","reasoning_content":"zz""#),
            says: .at("zz", .ollama),
            noLoss: .oldThinking
        ),
        table.body(
            "messages.tool_calls",
            history(
                #""tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"zz\":1}"}}]"#,
                #"{"role":"tool","tool_call_id":"c","content":"zzr"},"#
            ),
            says: .all(#"zzr"#)
        ),
    ]
}
