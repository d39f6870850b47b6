import JSONCore
import Testing

@testable import Dialects

/// Clients that send back only some of the reasoning of a turn.
@Suite struct `Partly kept reasoning` {
    private static let question = "read a.txt"
    private static let geminiAnswer = #"""
        {"candidates":[{"content":{"role":"model","parts":[{"text":"hm","thought":true},
        {"text":"I read it.","thoughtSignature":"dGV4dA=="},
        {"functionCall":{"id":"g1","name":"read_file","args":{"path":"a.txt"}},"thoughtSignature":"Y2FsbA=="},
        {"functionCall":{"id":"g2","name":"read_file","args":{"path":"b.txt"}}}]},
        "finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2}}
        """#

    private static let claudeAnswer = #"""
        {"id":"msg_1","type":"message","role":"assistant","model":"up-model","content":[
        {"type":"thinking","thinking":"one","signature":"EsigOne1+aB=="},
        {"type":"thinking","thinking":"two","signature":"EsigTwo2+aB=="},
        {"type":"tool_use","id":"toolu_1","name":"read_file","input":{"path":"a.txt"}},
        {"type":"tool_use","id":"toolu_2","name":"read_file","input":{"path":"b.txt"}}],
        "stop_reason":"tool_use","usage":{"input_tokens":5,"output_tokens":7}}
        """#

    /// What a client keeps of an answer.
    private enum Keeping: CaseIterable {
        case all, firstThought, lastThought, callsOnly
    }

    // MARK: - Clients

    private func first(_ client: Dialect) -> String {
        switch client {
        case .anthropicMessages:
            #"{"model":"m","max_tokens":4096,"thinking":{"type":"enabled","budget_tokens":2000},"tools":[{"name":"read_file","input_schema":{"type":"object"}}],"messages":[{"role":"user","content":"read a.txt"}]}"#
        case .openAIResponses:
            #"{"model":"m","reasoning":{"effort":"low"},"tools":[{"type":"function","name":"read_file","parameters":{"type":"object"}}],"input":[{"role":"user","content":"read a.txt"}]}"#
        default:
            #"{"model":"m","reasoning_effort":"low","tools":[{"type":"function","function":{"name":"read_file","parameters":{"type":"object"}}}],"messages":[{"role":"user","content":"read a.txt"}]}"#
        }
    }

    /// The next request of a client that keeps so much of the answer it got.
    private func next(_ client: Dialect, _ answer: String, keeping: Keeping) throws -> String {
        let root = try json(answer).root
        let addition: String
        switch client {
        case .anthropicMessages:
            let blocks = kept(root["content"], keeping, isThought: { $0["type"]?.equals("thinking") == true }) {
                $0["type"]?.equals("tool_use") == true
            }
            let results = calls(root["content"], "id").map {
                #"{"type":"tool_result","tool_use_id":"\#($0)","content":"ok"}"#
            }
            addition =
                #",{"role":"assistant","content":[\#(blocks)]},{"role":"user","content":[\#(results.joined(separator: ","))]}"#
        case .openAIResponses:
            let items = kept(root["output"], keeping, isThought: { $0["type"]?.equals("reasoning") == true }) {
                $0["type"]?.equals("function_call") == true
            }
            let results = calls(root["output"], "call_id").map {
                #",{"type":"function_call_output","call_id":"\#($0)","output":"ok"}"#
            }
            addition = "," + items + results.joined()
        default:
            let message = try #require(root["choices"]?.first?["message"])
            addition = "," + chatMessage(message, keeping) + chatResults(message)
        }
        return first(client).replacing(#"a.txt"}]"#, with: #"a.txt"}\#(addition)]"#)
    }

    private func kept(
        _ list: JSONValue?,
        _ keeping: Keeping,
        isThought: (JSONValue) -> Bool,
        isCall: (JSONValue) -> Bool
    ) -> String {
        let all = list?.elements.map { $0 } ?? []
        let thoughts = all.indices.filter { isThought(all[$0]) }
        let left = all.indices.filter { place in
            switch keeping {
            case .all: true
            case .firstThought: !thoughts.dropFirst().contains(place)
            case .lastThought: !thoughts.dropLast().contains(place)
            case .callsOnly: isCall(all[place])
            }
        }
        return left.map { String(decoding: all[$0].raw, as: UTF8.self) }.joined(separator: ",")
    }

    private func calls(_ list: JSONValue?, _ key: String) -> [String] {
        list?.elements.compactMap { $0["name"] == nil ? nil : $0.member(key)?.string } ?? []
    }

    private func chatMessage(_ message: JSONValue, _ keeping: Keeping) -> String {
        var editor = JSONEditor(message.document)
        let details = message["reasoning_details"]
        switch keeping {
        case .all: break
        case .callsOnly:
            for key in ["content", "reasoning_details", "reasoning_content"] { editor.removeMember(key, of: message) }
        case .firstThought, .lastThought:
            let all = details?.elements.map { $0 } ?? []
            for entry in keeping == .firstThought ? all.dropFirst() : all.dropLast() {
                if let details { editor.removeElement(entry, of: details) }
            }
        }
        // The SDKs know no such member of a call.
        for call in message["tool_calls"]?.elements.map({ $0 }) ?? [] where keeping != .all {
            editor.removeMember("extra_content", of: call)
        }
        let edited = editor.finish()
        let growth = edited.count - message.document.bytes.count
        return String(decoding: edited[message.range.lowerBound..<message.range.upperBound + growth], as: UTF8.self)
    }

    private func chatResults(_ message: JSONValue) -> String {
        (message["tool_calls"]?.elements.compactMap { $0["id"]?.string } ?? [])
            .map { #",{"role":"tool","tool_call_id":"\#($0)","content":"ok"}"# }.joined()
    }

    // MARK: - Turns

    @Test(arguments: [Dialect.openAIChat, .openAIResponses, .anthropicMessages])
    func `Gemini gets every signature back however much of a turn its client keeps`(client: Dialect) throws {
        for keeping in Keeping.allCases {
            let talk = Talk(client: client)
            let answer = try talk.ask(first(client), of: .gemini, answering: Self.geminiAnswer)
            #expect(answer.isComplete)
            let sent = try talk.send(try next(client, answer.out, keeping: keeping), to: .gemini)
            let parts = try #require(try sent.root()["contents"]?.elements.map { $0 }[1]["parts"])
            let calls = parts.elements.filter { $0["functionCall"] != nil }
            #expect(
                calls.map { $0["thoughtSignature"]?.string } == ["Y2FsbA==", nil],
                "\(client) \(keeping): \(sent.text)"
            )
            let other = parts.elements.filter { $0["functionCall"] == nil }.compactMap {
                $0["thoughtSignature"]?.string
            }
            #expect(other == ["dGV4dA=="], "\(client) \(keeping): \(sent.text)")
        }
    }

    @Test(arguments: [Dialect.openAIChat, .openAIResponses])
    func `Anthropic gets all thinking of a tool loop back in its order`(client: Dialect) throws {
        for keeping in Keeping.allCases {
            let talk = Talk(client: client)
            let answer = try talk.ask(first(client), of: .anthropicMessages, answering: Self.claudeAnswer)
            let sent = try talk.send(try next(client, answer.out, keeping: keeping), to: .anthropicMessages)
            let blocks = try #require(try sent.root()["messages"]?.elements.map { $0 }[1]["content"])
            #expect(
                blocks.elements.map { $0["signature"]?.string } == ["EsigOne1+aB==", "EsigTwo2+aB==", nil, nil],
                "\(client) \(keeping): \(sent.text)"
            )
        }
    }
}
