import JSONCore
import Testing

@testable import Dialects

/// What is wrong in a request that another dialect is to answer.
private struct Wrong: Sendable, CustomTestStringConvertible {
    var client: Dialect
    /// Members of the body, without its braces.
    var members: String
    /// The field that the refusal names.
    var field: String

    var testDescription: String { "\(client.rawValue) \(members)" }

    /// The request with what a dialect's requests cannot do without.
    var body: String {
        let needed: [(name: String, member: String)] =
            switch client {
            case .openAIChat, .ollama: [("messages", #""messages":[{"role":"user","content":"Hi"}]"#)]
            case .anthropicMessages:
                [("messages", #""messages":[{"role":"user","content":"Hi"}]"#), ("max_tokens", #""max_tokens":9"#)]
            case .openAIResponses: [("input", #""input":"Hi""#)]
            case .gemini: [("contents", #""contents":[{"parts":[{"text":"Hi"}]}]"#)]
            }
        let missing = needed.filter { !members.hasPrefix("\"\($0.name)\"") }.map(\.member)
        return "{\"model\":\"m\",\((missing + [members]).joined(separator: ","))}"
    }
}

extension Wrong {
    static let contents: [Wrong] =
        [
            ("5", "content"), ("true", "content"), (#"{"a":1}"#, "content.type"), ("[5]", "content[0]"),
            ("[null]", "content[0]"), (#"[{"a":1}]"#, "content[0].type"), (#"[{"type":5}]"#, "content[0].type"),
            (#"[{"type":"text","text":5}]"#, "content[0].text"), (#"[{"type":"text"}]"#, "content[0].text"),
            (#"[{"type":"image_url","image_url":5}]"#, "content[0].image_url"),
            (#"[{"type":"image_url"}]"#, "content[0].image_url"),
        ].flatMap { content, field in
            [Dialect.openAIChat, .ollama].map {
                Wrong(
                    client: $0,
                    members: #""messages":[{"role":"user","content":\#(content)}]"#,
                    field: "messages[0].\(field)"
                )
            } + [
                Wrong(
                    client: .openAIResponses,
                    members: #""input":[{"role":"user","content":\#(content)}]"#,
                    field: "input[0].\(field)"
                )
            ]
        }

    static let blocks: [Wrong] = [
        ("5", ""), (#"{"a":1}"#, ".type"), ("[5]", ".0"), (#"[{"type":"text","text":5}]"#, ".0.text"),
        (#"[{"type":"image"}]"#, ".0.source"),
        (#"[{"type":"image","source":{"type":"bse64","data":"iVBORw0KGgo="}}]"#, ".0.source.type"),
        (#"[{"type":"image","source":{"type":"base64"}}]"#, ".0.source.data"),
        (#"[{"type":"document","source":{"type":"url"}}]"#, ".0.source.url"),
        (
            #"[{"type":"tool_result","tool_use_id":"c","content":[{"type":"image","source":{"type":"x"}}]}]"#,
            ".0.content.0.source.type"
        ),
    ].map { content, field in
        Wrong(
            client: .anthropicMessages,
            members: #""messages":[{"role":"user","content":\#(content)}]"#,
            field: "messages.0.content\(field)"
        )
    }

    static let parts: [Wrong] = [
        (#"{"text":5}"#, ".text"), ("{}", ""), (#"{"a":1}"#, ""), ("5", ""),
        (#"{"inlineData":{}}"#, ".inlineData.data"),
        (#"{"fileData":{"mimeType":"image/png"}}"#, ".fileData.fileUri"),
    ].map { part, field in
        Wrong(client: .gemini, members: #""contents":[{"parts":[\#(part)]}]"#, field: "contents[0].parts[0]\(field)")
    }

    static let tools: [Wrong] = [
        (Dialect.openAIChat, "[5]", "tools[0]"), (.openAIChat, "5", "tools"),
        (.openAIChat, #"[{"type":"function","function":{}}]"#, "tools[0].function.name"),
        (.openAIChat, #"[{"type":"function","function":{"name":5}}]"#, "tools[0].function.name"),
        (.openAIChat, #"[{"type":"function","function":5}]"#, "tools[0].function"),
        (
            .openAIChat, #"[{"type":"function","function":{"name":"f","parameters":"x"}}]"#,
            "tools[0].function.parameters"
        ),
        (.openAIChat, #"[{"type":"custom","custom":{}}]"#, "tools[0].custom.name"),
        (.anthropicMessages, "[5]", "tools.0"), (.anthropicMessages, #"[{"input_schema":{}}]"#, "tools.0.name"),
        (.anthropicMessages, #"[{"name":5}]"#, "tools.0.name"),
        (.anthropicMessages, #"[{"name":"f","input_schema":"x"}]"#, "tools.0.input_schema"),
        (.gemini, "[5]", "tools[0]"), (.gemini, #"[{"functionDeclarations":"x"}]"#, "tools[0].functionDeclarations"),
        (.gemini, #"[{"functionDeclarations":[{}]}]"#, "tools[0].functionDeclarations[0].name"),
        (.gemini, #"[{"functionDeclarations":[{"name":5}]}]"#, "tools[0].functionDeclarations[0].name"),
        (.ollama, "[5]", "tools[0]"), (.ollama, #"[{"type":"function","function":{}}]"#, "tools[0].function.name"),
        (.ollama, #"[{"function":{"name":5}}]"#, "tools[0].function.name"),
        (.openAIResponses, "[5]", "tools[0]"), (.openAIResponses, #"[{"type":"function"}]"#, "tools[0].name"),
        (.openAIResponses, #"[{"type":"function","name":5}]"#, "tools[0].name"),
        (
            .openAIResponses, #"[{"type":"namespace","name":"n","tools":[{"type":"function"}]}]"#,
            "tools[0].tools[0].name"
        ),
    ].map { client, tools, field in Wrong(client: client, members: #""tools":\#(tools)"#, field: field) }

    static let settings: [Wrong] = [
        (Dialect.openAIChat, "functions", "5"), (.openAIChat, "response_format", #""json""#),
        (.openAIChat, "stream_options", "true"), (.openAIChat, "reasoning_effort", "5"), (.openAIChat, "user", "5"),
        (.openAIChat, "parallel_tool_calls", #""no""#), (.openAIChat, "metadata", "[1]"),
        (.openAIChat, "logit_bias", "5"), (.openAIChat, "logprobs", "5"), (.openAIChat, "modalities", #""text""#),
        (.openAIChat, "store", "1"), (.openAIChat, "service_tier", "1"), (.openAIChat, "verbosity", "1"),
        (.openAIChat, "web_search_options", "true"), (.openAIChat, "prompt_cache_key", "1"),
        (.openAIChat, "stop", #"["a",4711]"#), (.anthropicMessages, "metadata", "5"),
        (.anthropicMessages, "output_config", "5"), (.anthropicMessages, "service_tier", "5"),
        (.anthropicMessages, "stop_sequences", "[5]"), (.openAIResponses, "background", #""yes""#),
        (.openAIResponses, "truncation", "true"), (.openAIResponses, "include", "[5]"),
        (.gemini, "systemInstruction", "[]"), (.gemini, "serviceTier", "5"),
    ].map { client, name, value in Wrong(client: client, members: "\"\(name)\":\(value)", field: name) }
}

@Suite struct `Requests that are refused` {
    @Test(arguments: Wrong.contents + Wrong.blocks + Wrong.parts + Wrong.tools + Wrong.settings)
    private func `what cannot be meant is refused by name`(wrong: Wrong) throws {
        let target: Dialect = wrong.client == .anthropicMessages ? .openAIChat : .anthropicMessages
        let error = #expect(throws: DialectError.self) { try translate(wrong.body, wrong.client, target) }
        #expect(error?.failure.status == 400)
        #expect(error?.param?.hasPrefix(wrong.field) == true, "\(error?.param ?? "none"): \(error?.message ?? "")")
        #expect(error?.message.contains(error?.param ?? "none") == true)
    }

    @Test(arguments: Wrong.settings)
    private func `null is as good as absent`(wrong: Wrong) throws {
        let target: Dialect = wrong.client == .anthropicMessages ? .openAIChat : .anthropicMessages
        let absent = Wrong(client: wrong.client, members: "\"\(wrong.field)\":null", field: wrong.field)
        #expect(try translate(absent.body, wrong.client, target).context.losses.isEmpty)
    }

    @Test func `tools that providers run themselves need no name`() throws {
        let tools = #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"code_interpreter"}]}"#
        #expect(try translate(tools, .openAIChat, .anthropicMessages).context.losses.map(\.feature) == [.hostedTool])
    }
}

@Suite struct `Images that a target has no place for` {
    private static let image = #"data:image/png;base64,iVBORw0KGgo="#

    @Test(arguments: [Dialect.openAIChat, .openAIResponses, .anthropicMessages, .gemini, .ollama])
    func `an image among system text is lost, and that is told`(client: Dialect) throws {
        let chat = #"[{"type":"text","text":"Be kind"},{"type":"image_url","image_url":"\#(Self.image)"}]"#
        let body: String =
            switch client {
            case .openAIChat:
                #"{"messages":[{"role":"system","content":\#(chat)},{"role":"user","content":"Hi"},"#
                    + #"{"role":"assistant","content":"Yes"},{"role":"developer","content":\#(chat)},"#
                    + #"{"role":"user","content":"Go"}]}"#
            case .ollama:
                #"{"messages":[{"role":"system","content":"Be kind","images":["iVBORw0KGgo="]},"#
                    + #"{"role":"user","content":"Hi"}]}"#
            case .openAIResponses:
                #"{"input":[{"role":"developer","content":\#(chat)},{"role":"user","content":"Hi"}]}"#
            case .anthropicMessages:
                #"{"max_tokens":9,"system":[{"type":"text","text":"Be kind"},{"type":"image","source":"#
                    + #"{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}],"#
                    + #""messages":[{"role":"user","content":"Hi"}]}"#
            case .gemini:
                #"{"systemInstruction":{"parts":[{"text":"Be kind"},{"inlineData":{"mimeType":"image/png","#
                    + #""data":"iVBORw0KGgo="}}]},"contents":[{"parts":[{"text":"Hi"}]}]}"#
            }
        let target: Dialect = client == .openAIChat ? .anthropicMessages : .openAIChat
        let out = try translate(body, client, target)
        #expect(out.context.losses.contains(Loss(.media, "image")))
        #expect(out.text.contains("Be kind"))
        #expect(!out.text.contains("iVBORw0KGgo"))
    }

    @Test(arguments: [Dialect.openAIChat, .openAIResponses, .gemini, .ollama])
    func `an image inside a document of blocks stands behind its text`(target: Dialect) throws {
        let image = #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}"#
        let document =
            #"{"type":"document","source":{"type":"content","content":[{"type":"text","text":"Page"},\#(image)]}}"#
        let body = #"{"max_tokens":9,"messages":[{"role":"user","content":[\#(document),{"type":"text","text":"Q"}]}]}"#
        let out = try translate(body, .anthropicMessages, target) { $0.images = true }
        #expect(out.text.contains("iVBORw0KGgo"))
        #expect(out.text.contains("Page"))
        let blind = try translate(body, .anthropicMessages, target) { profile in
            profile.images = false
            profile.unreadableContent = .placeholder
        }
        #expect(blind.context.losses.contains(Loss(.media, "image")))
    }

    @Test func `an image that the assistant made goes to those who read it`() throws {
        let body =
            #"{"messages":[{"role":"user","content":"Draw"},{"role":"assistant","content":"Here","images":["#
            + #"{"type":"image_url","image_url":{"url":"\#(Self.image)"}}]},{"role":"user","content":"More"}]}"#
        for target in [Dialect.anthropicMessages, .gemini, .openAIResponses] {
            #expect(try translate(body, .openAIChat, target).text.contains("iVBORw0KGgo"))
        }
    }

    @Test func `what a result of Gemini has beside text and media is lost, and that is told`() throws {
        let body =
            #"{"contents":[{"parts":[{"text":"Hi"}]},{"role":"model","parts":[{"functionCall":{"name":"f"}}]},"#
            + #"{"parts":[{"functionResponse":{"name":"f","parts":[{"hologram":{"a":1}}]}}]}]}"#
        let out = try translate(body, .gemini, .openAIChat)
        #expect(out.context.losses.contains(Loss(.contentPart, "hologram")))
    }
}
