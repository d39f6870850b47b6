import Foundation
import JSONCore
import Testing

@testable import Dialects

/// A generator that gives the same numbers in every run.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

/// A random answer that every dialect can express, as a provider's stream and as its whole body.
private struct RandomAnswer {
    var thinking: String?
    var text: String?
    var calls: [(id: String, name: String, arguments: String)] = []

    init(_ random: inout SeededRandom) {
        if Bool.random(using: &random) { thinking = Self.words(&random) }
        if Bool.random(using: &random) { text = Self.words(&random) }
        for index in 0..<Int.random(in: 0...3, using: &random) {
            calls.append(
                ("call_\(index)", "tool\(index % 2)", "{\"a\": \(index).50, \"t\":\(Self.quoted(Self.words(&random)))}")
            )
        }
        if text == nil, calls.isEmpty { text = "x" }
    }

    private static func words(_ random: inout SeededRandom) -> String {
        let pool = [
            "Grüße", "日本", "😀", "\"q\"", "\\", "\n", "\t", " ", "a", "</think>", "```", "\u{2028}", "{}", "long word",
        ]
        return (1...Int.random(in: 1...8, using: &random)).map { _ in pool.randomElement(using: &random) ?? "" }
            .joined()
    }

    static func quoted(_ text: String) -> String { String(decoding: JSONLiteral.string(text), as: UTF8.self) }

    /// The text in one to four pieces.
    private static func pieces(_ text: String, _ random: inout SeededRandom) -> [String] {
        var pieces: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...max(1, rest.count), using: &random)
            pieces.append(String(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }

    private var finish: (chat: String, messages: String) {
        calls.isEmpty ? ("stop", "end_turn") : ("tool_calls", "tool_use")
    }

    func stream(_ dialect: Dialect, _ random: inout SeededRandom) -> String {
        switch dialect {
        case .openAIChat: chatStream(&random)
        case .ollama: ollamaStream(&random)
        case .gemini: geminiStream(&random)
        case .openAIResponses: responsesStream(&random)
        default: messagesStream(&random)
        }
    }

    private func responsesStream(_ random: inout SeededRandom) -> String {
        var out = event("response.created", #""response":{"id":"resp_up","model":"up-model","status":"in_progress"}"#)
        func delta(_ type: String, _ index: Int, _ piece: String) -> String {
            event(type, #""item_id":"i\#(index)","output_index":\#(index),"delta":\#(Self.quoted(piece))"#)
        }
        var items: [String] = []
        func begin(_ item: String) -> String {
            event("response.output_item.added", #""output_index":\#(items.count),"item":\#(item)"#)
        }
        func end(_ item: String) -> String {
            items.append(item)
            return event("response.output_item.done", #""output_index":\#(items.count - 1),"item":\#(item)"#)
        }
        if let thinking {
            out += begin(#"{"id":"i0","type":"reasoning","summary":[]}"#)
            for piece in Self.pieces(thinking, &random) {
                out += delta("response.reasoning_summary_text.delta", items.count, piece)
            }
            out += end(Self.reasoningItem(thinking))
        }
        if let text {
            out += begin(#"{"id":"i\#(items.count)","type":"message","role":"assistant","content":[]}"#)
            for piece in Self.pieces(text, &random) { out += delta("response.output_text.delta", items.count, piece) }
            out += end(Self.messageItem(text, items.count))
        }
        for call in calls {
            out += begin(
                #"{"id":"i\#(items.count)","type":"function_call","call_id":"\#(call.id)","name":"\#(call.name)","arguments":""}"#
            )
            for piece in Self.pieces(call.arguments, &random) {
                out += delta("response.function_call_arguments.delta", items.count, piece)
            }
            out += end(Self.callItem(call, items.count))
        }
        return out + event("response.completed", #""response":\#(responsesBody)"#)
    }

    private static func reasoningItem(_ text: String) -> String {
        #"{"id":"i0","type":"reasoning","summary":[{"type":"summary_text","text":\#(quoted(text))}]}"#
    }

    private static func messageItem(_ text: String, _ index: Int) -> String {
        #"{"id":"i\#(index)","type":"message","role":"assistant","content":[{"type":"output_text","text":\#(quoted(text)),"annotations":[]}]}"#
    }

    private static func callItem(_ call: (id: String, name: String, arguments: String), _ index: Int) -> String {
        #"{"id":"i\#(index)","type":"function_call","call_id":"\#(call.id)","name":"\#(call.name)","arguments":\#(quoted(call.arguments)),"status":"completed"}"#
    }

    private var responsesBody: String {
        var items: [String] = []
        if let thinking { items.append(Self.reasoningItem(thinking)) }
        if let text { items.append(Self.messageItem(text, items.count)) }
        for call in calls { items.append(Self.callItem(call, items.count)) }
        return
            #"{"id":"resp_up","object":"response","created_at":1,"status":"completed","model":"up-model","output":[\#(items.joined(separator: ","))],"usage":{"input_tokens":25,"output_tokens":15,"total_tokens":40}}"#
    }

    private func chatStream(_ random: inout SeededRandom) -> String {
        var out = chunk(#"{"role":"assistant","content":""}"#)
        for piece in thinking.map({ Self.pieces($0, &random) }) ?? [] {
            out += chunk("{\"reasoning_content\":\(Self.quoted(piece))}")
        }
        for piece in text.map({ Self.pieces($0, &random) }) ?? [] {
            out += chunk("{\"content\":\(Self.quoted(piece))}")
        }
        var fragments: [String] = []
        for (index, call) in calls.enumerated() {
            fragments.append(
                #"{"tool_calls":[{"index":\#(index),"id":"\#(call.id)","type":"function","function":{"name":"\#(call.name)","arguments":""}}]}"#
            )
            for piece in Self.pieces(call.arguments, &random) {
                fragments.append(
                    #"{"tool_calls":[{"index":\#(index),"function":{"arguments":\#(Self.quoted(piece))}}]}"#
                )
            }
        }
        out += fragments.map { chunk($0) }.joined()
        return out + chunk("{}", finish: finish.chat, extra: Self.chatUsage) + "data: [DONE]\n\n"
    }

    private static let chatUsage = #","usage":{"prompt_tokens":25,"completion_tokens":15,"total_tokens":40}"#

    private func messagesStream(_ random: inout SeededRandom) -> String {
        var out = messageStart
        var index = 0
        if let thinking {
            out += event(
                "content_block_start",
                #""index":0,"content_block":{"type":"thinking","thinking":"","signature":""}"#
            )
            for piece in Self.pieces(thinking, &random) {
                out += event(
                    "content_block_delta",
                    #""index":0,"delta":{"type":"thinking_delta","thinking":\#(Self.quoted(piece))}"#
                )
            }
            out += event("content_block_delta", #""index":0,"delta":{"type":"signature_delta","signature":"Esig"}"#)
            out += event("content_block_stop", #""index":0"#)
            index += 1
        }
        if let text {
            out += textBlock(index, Self.pieces(text, &random).map { String(Self.quoted($0).dropFirst().dropLast()) })
            index += 1
        }
        for call in calls {
            out += toolBlock(index, id: call.id, name: call.name, Self.pieces(call.arguments, &random))
            index += 1
        }
        return out + messageEnd(finish.messages)
    }

    func body(_ dialect: Dialect) -> String {
        switch dialect {
        case .openAIChat: chatBody
        case .openAIResponses: responsesBody
        case .ollama: ollamaBody
        case .gemini: geminiBody
        default: messagesBody
        }
    }

    private func ollamaStream(_ random: inout SeededRandom) -> String {
        var out = ""
        for piece in thinking.map({ Self.pieces($0, &random) }) ?? [] {
            out += line("\"content\":\"\",\"thinking\":\(Self.quoted(piece))")
        }
        for piece in text.map({ Self.pieces($0, &random) }) ?? [] { out += line("\"content\":\(Self.quoted(piece))") }
        for call in ollamaCalls { out += line("\"content\":\"\",\"tool_calls\":[\(call)]") }
        return out + doneLine()
    }

    private var ollamaBody: String {
        let thought = thinking.map { ",\"thinking\":\(Self.quoted($0))" } ?? ""
        let tools = calls.isEmpty ? "" : ",\"tool_calls\":[\(ollamaCalls.joined(separator: ","))]"
        return line(
            "\"content\":\(text.map(Self.quoted) ?? "\"\"")\(thought)\(tools)",
            #""done":true,"done_reason":"stop","prompt_eval_count":25,"eval_count":15,"eval_duration":7"#
        )
    }

    private var ollamaCalls: [String] {
        calls.enumerated().map { index, call in
            #"{"id":"\#(call.id)","function":{"index":\#(index),"name":"\#(call.name)","arguments":\#(call.arguments)}}"#
        }
    }

    private static let geminiUsage =
        #","usageMetadata":{"promptTokenCount":25,"candidatesTokenCount":15,"totalTokenCount":40}"#

    private var geminiCalls: [String] {
        calls.map { #"{"functionCall":{"id":"\#($0.id)","name":"\#($0.name)","args":\#($0.arguments)}}"# }
    }

    private func geminiStream(_ random: inout SeededRandom) -> String {
        var out = ""
        for piece in thinking.map({ Self.pieces($0, &random) }) ?? [] {
            out += geminiChunk("{\"text\":\(Self.quoted(piece)),\"thought\":true}")
        }
        for piece in text.map({ Self.pieces($0, &random) }) ?? [] {
            out += geminiChunk("{\"text\":\(Self.quoted(piece))}")
        }
        out += geminiCalls.map { geminiChunk($0) }.joined()
        return out + geminiChunk(#"{"text":""}"#, #","finishReason":"STOP""#, extra: Self.geminiUsage)
    }

    private var geminiBody: String {
        let thought = thinking.map { "{\"text\":\(Self.quoted($0)),\"thought\":true}" }
        let parts = [thought, text.map { "{\"text\":\(Self.quoted($0))}" }].compactMap { $0 } + geminiCalls
        return
            #"{"candidates":[{"content":{"parts":[\#(parts.joined(separator: ","))],"role":"model"},"finishReason":"STOP","index":0}]\#(Self.geminiUsage),"modelVersion":"up-model"}"#
    }

    private var chatBody: String {
        let calls = self.calls.map {
            #"{"id":"\#($0.id)","type":"function","function":{"name":"\#($0.name)","arguments":\#(Self.quoted($0.arguments))}}"#
        }
        let reasoning = thinking.map { ",\"reasoning_content\":\(Self.quoted($0))" } ?? ""
        let tools = calls.isEmpty ? "" : ",\"tool_calls\":[\(calls.joined(separator: ","))]"
        let content = text.map(Self.quoted) ?? "null"
        return
            #"{"id":"x","object":"chat.completion","model":"up-model","choices":[{"index":0,"message":{"role":"assistant","content":\#(content)\#(reasoning)\#(tools)},"finish_reason":"\#(finish.chat)"}]\#(Self.chatUsage)}"#
    }

    private var messagesBody: String {
        var blocks: [String] = []
        if let thinking {
            blocks.append(#"{"type":"thinking","thinking":\#(Self.quoted(thinking)),"signature":"Esig"}"#)
        }
        if let text { blocks.append(#"{"type":"text","text":\#(Self.quoted(text))}"#) }
        for call in calls {
            blocks.append(#"{"type":"tool_use","id":"\#(call.id)","name":"\#(call.name)","input":\#(call.arguments)}"#)
        }
        return
            #"{"id":"msg_up","type":"message","role":"assistant","model":"up-model","content":[\#(blocks.joined(separator: ","))],"stop_reason":"\#(finish.messages)","stop_sequence":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":15}}"#
    }
}

/// What a client understands of an answer.
private struct Understood: Equatable {
    var thinking = ""
    var text = ""
    var calls: [String] = []
    var finish = ""
    var output = 0

    private mutating func add(call id: String, _ name: String, _ arguments: String) throws {
        let value = try JSONDocument.parse(Array(arguments.utf8)).root
        calls.append("\(id) \(name) \(JSONCompaction.text(value).string)")
    }

    static func whole(_ text: String, _ dialect: Dialect) throws -> Understood {
        var seen = Understood()
        let root = try JSONDocument.parse(Array(text.utf8)).root
        if dialect == .ollama {
            try seen.addOllama(root)
        } else if dialect == .openAIChat {
            let choice = try #require(root["choices"]?.first)
            let message = try #require(choice["message"])
            seen.text = message["content"]?.string ?? ""
            seen.thinking = message["reasoning_content"]?.string ?? ""
            for call in message["tool_calls"]?.elements ?? JSONDocument.emptyArray.root.elements {
                let function = try #require(call["function"])
                try seen.add(
                    call: call["id"]?.string ?? "",
                    function["name"]?.string ?? "",
                    function["arguments"]?.string ?? ""
                )
            }
            seen.finish = choice["finish_reason"]?.string ?? ""
            seen.output = root["usage"]?["completion_tokens"]?.int ?? 0
        } else if dialect == .gemini {
            try seen.add(gemini: root)
        } else if dialect == .openAIResponses {
            try seen.read(response: root)
        } else {
            for block in try #require(root["content"]).elements {
                seen.text += block["text"]?.string ?? ""
                seen.thinking += block["thinking"]?.string ?? ""
                guard let input = block["input"] else { continue }
                try seen.add(
                    call: block["id"]?.string ?? "",
                    block["name"]?.string ?? "",
                    String(decoding: input.raw, as: UTF8.self)
                )
            }
            seen.finish = root["stop_reason"]?.string ?? ""
            seen.output = root["usage"]?["output_tokens"]?.int ?? 0
        }
        return seen
    }

    static func stream(_ text: String, _ dialect: Dialect) throws -> Understood {
        switch dialect {
        case .openAIChat: try chatStream(text)
        case .ollama: try ollamaStream(text)
        case .gemini: try geminiStream(text)
        case .openAIResponses: try responsesStream(text)
        default: try messagesStream(text)
        }
    }

    /// Reads as Ollama's own clients: one object a line, exactly one of them done, and it the last.
    private static func ollamaStream(_ text: String) throws -> Understood {
        var seen = Understood()
        let objects = try text.objects()
        #expect(text.hasSuffix("\n") && !text.contains("\n\n"))
        #expect(objects.dropLast().allSatisfy { $0["done"]?.bool == false })
        #expect(objects.last?["done"]?.bool == true)
        for object in objects { try seen.addOllama(object) }
        return seen
    }

    private mutating func addOllama(_ object: JSONValue) throws {
        let message = try #require(object["message"])
        text += message["content"]?.string ?? ""
        thinking += message["thinking"]?.string ?? ""
        for call in message["tool_calls"]?.elements ?? JSONDocument.emptyArray.root.elements {
            let function = try #require(call["function"])
            #expect(function["index"]?.int == calls.count)
            let arguments = try #require(function["arguments"])
            #expect(arguments.isObject)
            try add(
                call: call["id"]?.string ?? "",
                function["name"]?.string ?? "",
                String(decoding: arguments.raw, as: UTF8.self)
            )
        }
        finish = object["done_reason"]?.string ?? finish
        output = object["eval_count"]?.int ?? output
        if object["done"]?.bool == true { #expect(object["eval_duration"]?.int ?? 0 > 0) }
    }

    private mutating func add(gemini chunk: JSONValue) throws {
        let candidate = try #require(chunk["candidates"]?.first)
        for part in candidate["content"]?["parts"]?.elements ?? JSONDocument.emptyArray.root.elements {
            if part["thought"]?.bool == true {
                thinking += part["text"]?.string ?? ""
            } else {
                text += part["text"]?.string ?? ""
            }
            guard let call = part["functionCall"], let arguments = call["args"] else { continue }
            let spelled = String(decoding: arguments.raw, as: UTF8.self)
            try add(call: call["id"]?.string ?? "", call["name"]?.string ?? "", spelled)
        }
        if let reason = candidate["finishReason"]?.string { finish = reason }
        if let usage = chunk["usageMetadata"] {
            output = (usage["candidatesTokenCount"]?.int ?? 0) + (usage["thoughtsTokenCount"]?.int ?? 0)
        }
    }

    private static func geminiStream(_ text: String) throws -> Understood {
        var seen = Understood()
        for frame in text.components(separatedBy: "\r\n\r\n").dropLast() {
            #expect(frame.hasPrefix("data: "))
            try seen.add(gemini: try JSONDocument.parse(Array(frame.utf8.dropFirst(6))).root)
        }
        return seen
    }

    private mutating func read(response root: JSONValue) throws {
        for item in try #require(root["output"]).elements {
            for part in item["summary"]?.elements ?? JSONDocument.emptyArray.root.elements {
                thinking += part["text"]?.string ?? ""
            }
            for part in item["content"]?.elements ?? JSONDocument.emptyArray.root.elements {
                text += part["text"]?.string ?? ""
            }
            guard let arguments = item["arguments"]?.string else { continue }
            try add(call: item["call_id"]?.string ?? "", item["name"]?.string ?? "", arguments)
        }
        finish = root["status"]?.string ?? ""
        output = root["usage"]?["output_tokens"]?.int ?? 0
    }

    /// Reads as strictly as Codex: items begin once and end once, deltas belong to open items and say the same as the
    /// item's end, and the final response repeats the ended items.
    private static func responsesStream(_ text: String) throws -> Understood {
        var open: [Int: (id: String?, text: String)] = [:]
        var done: [Int: String] = [:]
        var number: Int?
        var last: JSONValue?
        for frame in text.frames {
            let root = try JSONDocument.parse(Array((frame.components(separatedBy: "data: ").last ?? "").utf8)).root
            let type = try #require(root["type"]?.string)
            #expect(frame.hasPrefix("event: \(type)\n"))
            if let sequence = root["sequence_number"]?.int {
                #expect(sequence == number.map { $0 + 1 } ?? 0)
                number = sequence
            }
            #expect(last == nil)
            let index = root["output_index"]?.int ?? -1
            if type == "response.output_item.added" {
                #expect(index == done.count + open.count)
                open[index] = (root["item"]?["id"]?.string, "")
            } else if type == "response.output_item.done" {
                let item = try #require(root["item"])
                let begun = try #require(open[index])
                open[index] = nil
                #expect(item["id"]?.string == begun.id)
                let part = item["summary"]?.first ?? item["content"]?.first
                #expect(begun.text == part?["text"]?.string ?? item["arguments"]?.string ?? "")
                done[index] = String(decoding: item.raw, as: UTF8.self)
            } else if type.hasSuffix(".delta") {
                #expect(open[index]?.id == root["item_id"]?.string)
                open[index]?.text += root["delta"]?.string ?? ""
            } else if let response = root["response"], type == "response.completed" {
                last = response
            }
        }
        #expect(open.isEmpty)
        let response = try #require(last)
        let output = response["output"]?.elements.map { String(decoding: $0.raw, as: UTF8.self) }
        #expect(output == done.sorted { $0.key < $1.key }.map(\.value))
        var seen = Understood()
        try seen.read(response: response)
        return seen
    }

    private static func chatStream(_ text: String) throws -> Understood {
        var seen = Understood()
        var calls: [(id: String, name: String, arguments: String)] = []
        #expect(text.frameData.last == "[DONE]")
        for data in text.frameData.dropLast() {
            let root = try JSONDocument.parse(Array(data.utf8)).root
            if let usage = root.present("usage") { seen.output = usage["completion_tokens"]?.int ?? 0 }
            guard let choice = root["choices"]?.first, let delta = choice["delta"] else { continue }
            seen.text += delta["content"]?.string ?? ""
            seen.thinking += delta["reasoning_content"]?.string ?? ""
            for call in delta["tool_calls"]?.elements ?? JSONDocument.emptyArray.root.elements {
                let index = try #require(call["index"]?.int)
                if index == calls.count {
                    calls.append(
                        (try #require(call["id"]?.string), try #require(call["function"]?["name"]?.string), "")
                    )
                }
                calls[index].arguments += call["function"]?["arguments"]?.string ?? ""
            }
            if let reason = choice["finish_reason"]?.string { seen.finish = reason }
        }
        for call in calls { try seen.add(call: call.id, call.name, call.arguments) }
        return seen
    }

    /// Reads as strictly as Anthropic's SDKs: one block at a time, indexes rising by one.
    private static func messagesStream(_ text: String) throws -> Understood {
        var seen = Understood()
        var open: (index: Int, call: (String, String)?, arguments: String)?
        var next = 0
        for frame in text.frames {
            let root = try JSONDocument.parse(Array((frame.components(separatedBy: "data: ").last ?? "").utf8)).root
            let type = try #require(root["type"]?.string)
            #expect(frame.hasPrefix("event: \(type)\n"))
            switch type {
            case "content_block_start":
                #expect(open == nil)
                #expect(root["index"]?.int == next)
                let block = try #require(root["content_block"])
                let isCall = block["type"]?.equals("tool_use") == true
                open = (next, isCall ? (block["id"]?.string ?? "", block["name"]?.string ?? "") : nil, "")
                next += 1
            case "content_block_delta":
                #expect(root["index"]?.int == open?.index)
                let delta = try #require(root["delta"])
                seen.text += delta["text"]?.string ?? ""
                seen.thinking += delta["thinking"]?.string ?? ""
                open?.arguments += delta["partial_json"]?.string ?? ""
            case "content_block_stop":
                #expect(root["index"]?.int == open?.index)
                if let call = open?.call { try seen.add(call: call.0, call.1, open?.arguments ?? "") }
                open = nil
            case "message_delta":
                #expect(open == nil)
                seen.finish = root["delta"]?["stop_reason"]?.string ?? ""
                seen.output = root["usage"]?["output_tokens"]?.int ?? 0
            default: break
            }
        }
        #expect(text.frames.last == "event: message_stop\ndata: {\"type\":\"message_stop\"}")
        return seen
    }
}

@Suite struct `Properties` {
    @Test(arguments: Direction.all)
    func `a stream and a whole body say the same, in every combination`(direction: Direction) throws {
        for seed in 1...60 as ClosedRange<UInt64> {
            var random = SeededRandom(seed)
            let answer = RandomAnswer(&random)
            let stream = answer.stream(direction.upstream, &random)
            let body = answer.body(direction.upstream)
            let type = direction.upstream.streamType
            let streaming = makeContext(direction.client, direction.upstream)
            let whole = makeContext(direction.client, direction.upstream, streams: false)
            let outcomes = [
                try Understood.stream(relay(stream, streaming, contentType: type).out, direction.client),
                try Understood.whole(relay(stream, whole, contentType: type).out, direction.client),
                try Understood.stream(relay(body, streaming, contentType: "application/json").out, direction.client),
                try Understood.whole(relay(body, whole, contentType: "application/json").out, direction.client),
            ]
            #expect(outcomes.allSatisfy { $0 == outcomes[0] }, "seed \(seed): \(outcomes)")
            #expect(outcomes[0].text == answer.text ?? "")
            #expect(outcomes[0].thinking == answer.thinking ?? "")
            #expect(outcomes[0].calls.count == answer.calls.count)
            #expect(outcomes[0].output == 15)
        }
    }

    @Test(arguments: Direction.all)
    func `a damaged stream never ends cleanly without its end, and never traps`(direction: Direction) throws {
        for seed in 1...150 as ClosedRange<UInt64> {
            var random = SeededRandom(seed)
            var bytes = Array(RandomAnswer(&random).stream(direction.upstream, &random).utf8)
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let place = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                }
            }
            for streams in [true, false] {
                let context = makeContext(direction.client, direction.upstream, streams: streams)
                let isClean = Bool.random(using: &random)
                let outcome = relay([bytes], context, contentType: direction.upstream.streamType, cleanEnd: isClean)
                #expect(outcome.isComplete != (outcome.failure != nil))
                if outcome.failure != nil, streams {
                    #expect(!outcome.out.contains("message_stop"))
                    #expect(direction.client != .ollama || !outcome.out.contains(#""done":true"#))
                    #expect(!outcome.out.contains("response.completed"))
                }
            }
        }
    }

    /// Puts something else in random places of a JSON value.
    private static func damaged(_ value: Any, _ random: inout SeededRandom) -> Any {
        if Int.random(in: 0..<14, using: &random) == 0 {
            let others: [Any] = [
                NSNull(), true, -1, 1e300, "", "text", [Any](), [String: Any](), ["x"], ["type": "text"], [[["a": 1]]],
                7.5,
            ]
            return others.randomElement(using: &random) ?? NSNull()
        }
        if let object = value as? [String: Any] {
            var result: [String: Any] = [:]
            for key in object.keys.sorted() where Int.random(in: 0..<20, using: &random) != 0 {
                result[key] = damaged(object[key] ?? NSNull(), &random)
            }
            return result
        }
        guard let array = value as? [Any] else { return value }
        return array.map { damaged($0, &random) }
    }

    @Test(arguments: Direction.all)
    func `a damaged request is translated to valid JSON or refused, and never traps`(direction: Direction) throws {
        let inputs = Golden.cases(
            ".json",
            butNot: [".expected.json", ".settings.json", ".body.json", ".client.json", ".error.json"]
        )
        for (number, golden) in inputs.enumerated() where golden.direction.client == direction.client {
            guard let value = try? JSONSerialization.jsonObject(with: try Data(contentsOf: golden.input)) else {
                continue
            }
            for seed in 1...12 as ClosedRange<UInt64> {
                var random = SeededRandom(seed &+ UInt64(number) &* 1_000)
                let damaged = Self.damaged(value, &random)
                guard let root = damaged as? [String: Any] else { continue }
                let document = try JSONDocument.parse(
                    [UInt8](try JSONSerialization.data(withJSONObject: root, options: [.sortedKeys]))
                )
                var context = makeContext(direction.client, direction.upstream)
                var profile = TargetProfile(direction.upstream)
                profile.reasoningStyle =
                    switch direction.upstream {
                    case .openAIChat: .effort
                    case .gemini: Bool.random(using: &random) ? .geminiLevel : .geminiBudget
                    case .ollama: .ollamaLevel
                    case .openAIResponses: .responses
                    default: .anthropicBudget
                    }
                if direction.upstream == .gemini, Bool.random(using: &random) { profile.schemaRule = .geminiSchema }
                profile.reasoningReplay = .optional
                do {
                    let bytes = try RequestTranslator.translate(
                        document,
                        profile: profile,
                        context: &context,
                        upstreamStreams: true
                    )
                    #expect((try? JSONDocument.parse(bytes)) != nil, "\(String(decoding: bytes, as: UTF8.self))")
                } catch {
                    #expect(error.failure.status == 400)
                }
                _ = TokenEstimate.inputTokens(document, dialect: direction.client)
                _ = try? RequestFacts.read(document, dialect: direction.client)
            }
        }
    }
}
