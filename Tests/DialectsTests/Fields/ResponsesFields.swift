@testable import Dialects

/// The fields of Responses requests.
enum ResponsesFields {
    private static let table = FieldTable(client: .openAIResponses)

    private static func input(_ items: String) -> String {
        #"{"model":"m","input":[{"role":"user","content":"x"},\#(items),{"role":"user","content":"y"}]}"#
    }

    private static func tool(_ members: String) -> String {
        #""tools":[{"type":"function","name":"zzf",\#(members)}]"#
    }

    static let rows: [FieldRow] = settings + state + tools + items

    private static let settings: [FieldRow] = [
        table.field("max_output_tokens", #""max_output_tokens":4711"#, says: .all("4711")),
        table.field("max_tool_calls", #""max_tool_calls":3"#, loses: "field:max_tool_calls"),
        table.field("temperature", #""temperature":0.71"#, says: .all("0.71")),
        table.field("top_p", #""top_p":0.71"#, says: .all("0.71")),
        table.field(
            "top_logprobs",
            #""top_logprobs":7"#,
            says: .at(#"ogprobs":7"#, .openAIChat, .gemini, .ollama),
            loses: "logprobs"
        ),
        table.field("instructions", #""instructions":"zz""#, says: .all("zz")),
        table.field("input", #""temperature":1"#, says: .all(#""x""#)),
        table.field("stream_options", #""stream_options":{"include_obfuscation":true}"#, noLoss: .delivery),
        table.field(
            "reasoning.effort",
            #""reasoning":{"effort":"low"}"#,
            says: [.openAIChat: #""reasoning_effort":"low""#, .anthropicMessages: "1024", .gemini: "1024"],
            loses: "reasoning:effort"
        ),
        table.field(
            "reasoning.summary",
            #""reasoning":{"summary":"auto"}"#,
            says: [
                .anthropicMessages: #""type":"enabled""#, .gemini: #""includeThoughts":true"#,
                .ollama: #""think":true"#,
            ],
            noLoss: .answered
        ),
        table.field(
            "reasoning.summary.detailed",
            #""reasoning":{"summary":"detailed"}"#,
            loses: "reasoning-display:summary"
        ),
        table.field("reasoning.context", #""reasoning":{"context":"all_turns"}"#, loses: "field:reasoning.context"),
        table.field("reasoning.mode", #""reasoning":{"mode":"pro"}"#, loses: "field:reasoning.mode"),
        table.field(
            "text.verbosity",
            #""text":{"verbosity":"low"}"#,
            says: .at(#""verbosity":"low""#, .openAIChat),
            loses: "verbosity"
        ),
        table.field(
            "text.format",
            #""text":{"format":{"type":"json_schema","name":"n","description":"zzd","schema":{"type":"object","properties":{"zz":{"type":"string"}},"required":["zz"],"additionalProperties":false}}}"#,
            says: .all("zzd")
        ),
        table.field("text.zz", #""text":{"zz":1}"#, loses: "field:text.zz"),
        table.field("include.encrypted", #""include":["reasoning.encrypted_content"]"#, noLoss: .answered),
        table.field("include.sources", #""include":["web_search_call.action.sources"]"#, noLoss: .answered),
        table.field(
            "include.logprobs",
            #""include":["message.output_text.logprobs"]"#,
            says: [.openAIChat: "logprobs", .gemini: "responseLogprobs", .ollama: "logprobs"],
            loses: "logprobs"
        ),
        table.field(
            "include.code",
            #""include":["code_interpreter_call.outputs"]"#,
            loses: "field:include.code_interpreter_call.outputs"
        ),
        table.field("metadata", #""metadata":{"k":"zz"}"#, says: .at("zz", .openAIChat), loses: "metadata"),
        table.field("user", #""user":"zz""#, says: .at("zz", .openAIChat, .anthropicMessages), loses: "user"),
        table.field(
            "safety_identifier",
            #""safety_identifier":"zz""#,
            says: .at("zz", .openAIChat, .anthropicMessages),
            loses: "user"
        ),
        table.field(
            "prompt_cache_key",
            #""prompt_cache_key":"zz""#,
            says: .at("zz", .openAIChat),
            loses: "prompt-cache-key"
        ),
        table.field(
            "prompt_cache_retention",
            #""prompt_cache_retention":"24h""#,
            says: .at("24h", .openAIChat),
            loses: "cache-retention"
        ),
        table.field("prompt_cache_options", #""prompt_cache_options":{"mode":"explicit"}"#, noLoss: .cache),
        table.field("service_tier", #""service_tier":"flex""#, says: .at("flex", .openAIChat), loses: "service-tier"),
        table.field("client_metadata", #""client_metadata":{"k":"zz"}"#, noLoss: .bookkeeping),
        table.field("moderation", #""moderation":{"model":"zz"}"#, loses: "field:moderation"),
    ]

    private static let others: Set<Dialect> = [.openAIChat, .anthropicMessages, .gemini, .ollama]

    private static let state: [FieldRow] = [
        table.field("store", #""store":true"#, says: .at(#""store":true"#, .openAIChat), loses: "store"),
        table.field("background", #""background":true"#, loses: "background"),
        table.field("truncation", #""truncation":"auto""#, loses: "truncation"),
        table.field("previous_response_id", #""previous_response_id":"resp_zz""#, refuses: others),
        table.field("conversation", #""conversation":"conv_zz""#, refuses: others),
        table.field("prompt", #""prompt":{"id":"zz"}"#, refuses: others),
        table.field(
            "context_management",
            #""context_management":[{"type":"compaction"}]"#,
            loses: "field:context_management"
        ),
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
            says: .at(#""strict":true"#, .openAIChat, .anthropicMessages),
            loses: "tool-strict"
        ),
        table.field("tools.defer_loading", tool(#""defer_loading":true"#), noLoss: .allTools),
        table.field(
            "tools.custom",
            #""tools":[{"type":"custom","name":"c","format":{"type":"grammar","syntax":"lark","definition":"zz"}}]"#,
            says: .at(#""grammar":{"#, .openAIChat),
            loses: "tool-grammar"
        ),
        table.field(
            "tools.namespace",
            #""tools":[{"type":"namespace","name":"zz","tools":[{"type":"function","name":"f"}]}]"#,
            says: .all("zz__f")
        ),
        table.field(
            "tools.namespace.description",
            #""tools":[{"type":"namespace","name":"zz","description":"d","tools":[{"type":"function","name":"f"}]}]"#,
            loses: "field:tools.namespace.description"
        ),
        table.field("tools.local_shell", #""tools":[{"type":"local_shell"}]"#, says: .all(#""shell""#)),
        table.field("tools.apply_patch", #""tools":[{"type":"apply_patch"}]"#, says: .all(#""apply_patch""#)),
        table.field("tools.file_search", #""tools":[{"type":"file_search"}]"#, loses: "hosted-tool:file_search"),
        table.field(
            "tools.web_search.filters.allowed_domains",
            #""tools":[{"type":"web_search","filters":{"allowed_domains":["zz.org"]}}]"#,
            says: .at("zz.org", .anthropicMessages).but([.ollama: "messages"]),
            loses: "hosted-tool-setting:allowed_domains"
        ),
        table.field(
            "tools.web_search.filters.blocked_domains",
            #""tools":[{"type":"web_search","filters":{"blocked_domains":["zz.org"]}}]"#,
            says: .at("messages", .ollama),
            loses: "hosted-tool-setting:blocked_domains"
        ),
        table.field(
            "tool_choice",
            tool(#""strict":false"#) + #","tool_choice":"required""#,
            says: [.openAIChat: #""required""#, .anthropicMessages: #""any""#, .gemini: #""ANY""#],
            loses: "tool-choice"
        ),
        table.field(
            "parallel_tool_calls",
            tool(#""strict":false"#) + #","parallel_tool_calls":false"#,
            says: [
                .openAIChat: #""parallel_tool_calls":false"#,
                .anthropicMessages: #""disable_parallel_tool_use":true"#,
            ],
            loses: "parallel-tools"
        ),
    ]

    private static let items: [FieldRow] = [
        table.body("input.message", input(#"{"role":"assistant","content":"zz"}"#), says: .all("zz")),
        table.body(
            "input.message.phase",
            input(#"{"role":"assistant","phase":"commentary","content":"a"}"#),
            noLoss: .bookkeeping
        ),
        table.body(
            "input.message.id",
            input(#"{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":"a"}"#),
            noLoss: .bookkeeping
        ),
        table.body(
            "input.output_text.annotations",
            input(
                #"{"role":"assistant","content":[{"type":"output_text","text":"a","annotations":[{"type":"url_citation","url":"https://zz"}]}]}"#
            ),
            loses: "content-part:annotations"
        ),
        table.body(
            "input.developer.input_image",
            #"{"model":"m","input":[{"role":"developer","content":[{"type":"input_image","image_url":"https://a/b"}]},{"role":"user","content":"x"}]}"#,
            loses: "media:image"
        ),
        table.body(
            "input.input_image.file_id",
            #"{"model":"m","input":[{"role":"user","content":[{"type":"input_image","file_id":"file-zz"}]}]}"#,
            refuses: others
        ),
        table.body(
            "input.item_reference",
            input(#"{"type":"item_reference","id":"zz"}"#),
            loses: "server-state:item_reference"
        ),
        table.body("input.compaction", input(#"{"type":"compaction","encrypted_content":"zz"}"#), refuses: others),
        table.body(
            "input.web_search_call",
            input(
                #"{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"zz"}}"#
            ),
            loses: "content-part:web_search_call"
        ),
        table.body(
            "input.mcp_call",
            input(#"{"type":"mcp_call","id":"mcp_1","server_label":"s","name":"n","arguments":"{}"}"#),
            loses: "content-part:mcp_call"
        ),
        table.body(
            "input.tool_search_call",
            input(#"{"type":"tool_search_call","call_id":"c","arguments":{}}"#),
            noLoss: .allTools
        ),
        table.body(
            "input.tool_search_output",
            input(#"{"type":"tool_search_output","call_id":"c","tools":[{"type":"function","name":"zzf"}]}"#),
            says: .all("zzf")
        ),
        table.body(
            "input.reasoning",
            input(
                #"{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"zz"}]},{"role":"assistant","content":"a"}"#
            ),
            says: .at("zz", .ollama),
            noLoss: .oldThinking
        ),
        table.body(
            "input.reasoning.encrypted_content",
            input(
                #"{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAAAzz"},{"role":"assistant","content":"a"}"#
            ),
            loses: "reasoning-history"
        ),
        table.body(
            "input.function_call",
            input(
                #"{"type":"function_call","call_id":"c","name":"f","arguments":"{\"zz\":1}","status":"completed"},{"type":"function_call_output","call_id":"c","output":"zzr","status":"completed"}"#
            ),
            says: .all("zzr")
        ),
        table.body(
            "input.custom_tool_call",
            input(
                #"{"type":"custom_tool_call","call_id":"c","name":"f","input":"zzi"},{"type":"custom_tool_call_output","call_id":"c","output":"r"}"#
            ),
            says: .all("zzi")
        ),
        table.body(
            "input.local_shell_call",
            input(
                #"{"type":"local_shell_call","call_id":"c","action":{"type":"exec","command":["zzc"],"working_directory":"/w"}},{"type":"local_shell_call_output","call_id":"c","output":"r"}"#
            ),
            says: .all("zzc")
        ),
    ]
}
