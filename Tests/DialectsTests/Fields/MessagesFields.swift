@testable import Dialects

/// The fields of Anthropic requests.
enum MessagesFields {
    private static let table = FieldTable(client: .anthropicMessages)
    private static let png = #"{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}"#
    private static let pdf = #"{"type":"base64","media_type":"application/pdf","data":"JVBERi0x"}"#

    private static func user(_ block: String) -> String {
        #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"x"},\#(block)]}]}"#
    }

    private static func history(_ block: String, _ answer: String = #"{"type":"text","text":"y"}"#) -> String {
        #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[\#(block)]},{"role":"user","content":[\#(answer)]}]}"#
    }

    private static func tool(_ members: String) -> String {
        #""tools":[{"name":"zzf","input_schema":{"type":"object","properties":{"zzp":{"type":"string"}},"required":["zzp"],"additionalProperties":false},\#(members)}]"#
    }

    static let rows: [FieldRow] = settings + tools + blocks

    private static let settings: [FieldRow] = [
        table.field("max_tokens", #""max_tokens":4711"#, says: .all("4711")),
        table.field("temperature", #""temperature":0.71"#, says: .all("0.71")),
        table.field("top_p", #""top_p":0.71"#, says: .all("0.71")),
        table.field("top_k", #""top_k":71"#, says: .at("71", .gemini, .ollama), loses: "top-k"),
        table.field(
            "stop_sequences",
            #""stop_sequences":["zz"]"#,
            says: .all("zz").but([.openAIResponses: "input"])
        ),
        table.field(
            "thinking.budget_tokens",
            #""thinking":{"type":"enabled","budget_tokens":2047}"#,
            says: [
                .openAIChat: #""reasoning_effort":"medium""#, .openAIResponses: #""effort":"medium""#, .gemini: "2047",
            ],
            loses: "reasoning:effort"
        ),
        table.field(
            "thinking.display",
            #""thinking":{"type":"adaptive","display":"omitted"}"#,
            says: [.openAIResponses: #""reasoning":{}"#, .gemini: #""includeThoughts":false"#],
            loses: "reasoning-display"
        ),
        table.field(
            "output_config.effort",
            #""output_config":{"effort":"low"}"#,
            says: [
                .openAIChat: #""reasoning_effort":"low""#, .openAIResponses: #""effort":"low""#, .gemini: "1024",
            ],
            loses: "reasoning:effort"
        ),
        table.field("output_config.effort.unknown", #""output_config":{"effort":"zz"}"#, loses: "reasoning:effort"),
        table.field(
            "output_config.task_budget",
            #""output_config":{"task_budget":{"type":"tokens","total":50000}}"#,
            loses: "field:output_config.task_budget"
        ),
        table.field(
            "output_config.format",
            #""output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"zzp":{"type":"string"}}}}}"#,
            says: .all("zzp")
        ),
        table.field(
            "output_config.format.type",
            #""output_config":{"format":{"type":"grammar","grammar":"zz"}}"#,
            loses: "structured-output"
        ),
        table.field(
            "metadata.user_id",
            #""metadata":{"user_id":"zz"}"#,
            says: .at("zz", .openAIChat, .openAIResponses),
            loses: "user"
        ),
        table.field("metadata.other", #""metadata":{"zz":"1"}"#, loses: "field:metadata.zz"),
        table.field("service_tier", #""service_tier":"standard_only""#, noLoss: .cache),
        table.field("cache_control", #""cache_control":{"type":"ephemeral"}"#, noLoss: .cache),
        table.field("container", #""container":"zz""#, loses: "field:container"),
        table.field("inference_geo", #""inference_geo":"eu""#, loses: "field:inference_geo"),
        table.field("mcp_servers", #""mcp_servers":[{"url":"https://zz"}]"#, loses: "field:mcp_servers"),
        table.field(
            "context_management",
            #""context_management":{"edits":[]}"#,
            loses: "field:context_management"
        ),
        table.field("system", #""system":[{"type":"text","text":"zz"}]"#, says: .all("zz")),
        table.field(
            "system.image",
            #""system":[{"type":"text","text":"s"},{"type":"image","source":\#(png)}]"#,
            loses: "media:image"
        ),
    ]

    private static let tools: [FieldRow] = [
        table.field("tools.name", tool(#""description":"zzd""#), says: .all("zzf")),
        table.field("tools.description", tool(#""description":"zzd""#), says: .all("zzd")),
        table.field("tools.input_schema", tool(#""description":"zzd""#), says: .all("zzp")),
        table.field(
            "tools.strict",
            tool(#""strict":true"#),
            says: .at(#""strict":true"#, .openAIChat, .openAIResponses),
            loses: "tool-strict"
        ),
        table.field(
            "tools.input_examples",
            tool(#""input_examples":[{"zzp":"a"}]"#),
            loses: "field:tools.input_examples"
        ),
        table.field(
            "tools.allowed_callers",
            tool(#""allowed_callers":["code_execution_20250825"]"#),
            loses: "field:tools.allowed_callers"
        ),
        table.field("tools.allowed_callers.direct", tool(#""allowed_callers":["direct"]"#), noLoss: .allTools),
        table.field("tools.defer_loading", tool(#""defer_loading":true"#), noLoss: .allTools),
        table.field("tools.eager_input_streaming", tool(#""eager_input_streaming":true"#), noLoss: .allTools),
        table.field("tools.cache_control", tool(#""cache_control":{"type":"ephemeral"}"#), noLoss: .cache),
        table.field(
            "tools.web_search.max_uses",
            #""tools":[{"type":"web_search_20250305","name":"web_search","max_uses":3}]"#,
            says: .at("messages", .ollama),
            loses: "hosted-tool-setting:max_uses"
        ),
        table.field(
            "tools.code_execution",
            #""tools":[{"type":"code_execution_20250825","name":"code_execution"}]"#,
            loses: "hosted-tool:code_execution"
        ),
        table.field(
            "tool_choice",
            tool(#""strict":false"#) + #","tool_choice":{"type":"tool","name":"zzf"}"#,
            says: [
                .openAIChat: #""tool_choice":{"type":"function""#,
                .openAIResponses: #""tool_choice":{"type":"function""#,
                .gemini: "allowedFunctionNames",
            ],
            loses: "tool-choice"
        ),
        table.field(
            "tool_choice.disable_parallel_tool_use",
            tool(#""strict":false"#) + #","tool_choice":{"type":"auto","disable_parallel_tool_use":true}"#,
            says: .at(#""parallel_tool_calls":false"#, .openAIChat, .openAIResponses),
            loses: "parallel-tools"
        ),
    ]

    private static let blocks: [FieldRow] = [
        table.body("messages.text", user(#"{"type":"text","text":"zz"}"#), says: .all("zz")),
        table.body(
            "messages.text.cache_control",
            user(#"{"type":"text","text":"z","cache_control":{"type":"ephemeral"}}"#),
            noLoss: .cache
        ),
        table.body(
            "messages.text.citations",
            history(
                #"{"type":"text","text":"a","citations":[{"type":"char_location","cited_text":"zz","document_index":0}]}"#
            ),
            loses: "content-part:citations"
        ),
        table.body("messages.image", user(#"{"type":"image","source":\#(png)}"#), says: .all("iVBORw0KGgo=")),
        table.body(
            "messages.image.unreadable",
            user(#"{"type":"image","source":{"type":"hologram"}}"#),
            refuses: [.openAIChat, .openAIResponses, .gemini, .ollama]
        ),
        table.body(
            "messages.image.file",
            user(#"{"type":"image","source":{"type":"file","file_id":"zz"}}"#),
            refuses: [.openAIChat, .openAIResponses, .gemini, .ollama]
        ),
        table.body(
            "messages.document",
            user(#"{"type":"document","source":\#(pdf)}"#),
            says: .all("JVBERi0x"),
            refuses: [.ollama]
        ),
        table.body(
            "messages.document.title",
            user(#"{"type":"document","title":"zz","source":\#(pdf)}"#),
            says: .at("zz", .openAIChat, .openAIResponses),
            refuses: [.ollama],
            loses: "document-title"
        ),
        table.body(
            "messages.document.context",
            user(#"{"type":"document","context":"zz","source":\#(pdf)}"#),
            refuses: [.ollama],
            loses: "document-title"
        ),
        table.body(
            "messages.document.citations",
            user(
                #"{"type":"document","citations":{"enabled":true},"source":{"type":"text","media_type":"text/plain","data":"t"}}"#
            ),
            loses: "document-citations"
        ),
        table.body(
            "messages.document.content",
            user(#"{"type":"document","source":{"type":"content","content":[{"type":"text","text":"zz"}]}}"#),
            says: .all("zz")
        ),
        table.body(
            "messages.document.content.image",
            user(
                #"{"type":"document","source":{"type":"content","content":[{"type":"text","text":"t"},{"type":"image","source":\#(png)}]}}"#
            ),
            loses: "media:image"
        ),
        table.body(
            "messages.search_result",
            user(#"{"type":"search_result","source":"s","title":"t","content":[{"type":"text","text":"zz"}]}"#),
            says: .all("zz")
        ),
        table.body(
            "messages.search_result.citations",
            user(
                #"{"type":"search_result","source":"s","title":"t","content":[{"type":"text","text":"a"}],"citations":{"enabled":true}}"#
            ),
            loses: "document-citations"
        ),
        table.body(
            "messages.untyped",
            user(#"{"text":"zz"}"#),
            refuses: [.openAIChat, .openAIResponses, .gemini, .ollama]
        ),
        table.body(
            "messages.thinking",
            history(#"{"type":"thinking","thinking":"zz","signature":"EqQBzz=="},{"type":"text","text":"a"}"#),
            // The text is said, and Ollama's models have no use for the signature.
            says: .at(#""thinking":"zz""#, .ollama),
            loses: "reasoning-history"
        ),
        table.body(
            "messages.redacted_thinking",
            history(#"{"type":"redacted_thinking","data":"EqQBzz=="},{"type":"text","text":"a"}"#),
            loses: "reasoning-history"
        ),
        table.body(
            "messages.tool_use",
            history(
                #"{"type":"tool_use","id":"t","name":"f","input":{"zz":1},"caller":{"type":"direct"}}"#,
                #"{"type":"tool_result","tool_use_id":"t","content":"zzr"}"#
            ),
            says: .all("zzr")
        ),
        table.body(
            "messages.tool_result.is_error",
            history(
                #"{"type":"tool_use","id":"t","name":"f","input":{}}"#,
                #"{"type":"tool_result","tool_use_id":"t","is_error":true,"content":"zz"}"#
            ),
            says: .all("Error: zz").but([.gemini: #""error":"zz""#])
        ),
        table.body(
            "messages.tool_result.tool_reference",
            history(
                #"{"type":"tool_use","id":"t","name":"f","input":{}}"#,
                #"{"type":"tool_result","tool_use_id":"t","content":[{"type":"tool_reference","tool_name":"zz"}]}"#
            ),
            loses: "content-part:tool_reference"
        ),
        table.body(
            "messages.mcp_tool_use",
            history(
                #"{"type":"mcp_tool_use","id":"t","name":"f","server_name":"s","input":{}},{"type":"text","text":"a"}"#
            ),
            loses: "content-part:mcp_tool_use"
        ),
    ]
}
