import JSONCore
import Testing

@testable import Dialects

/// Arguments of earlier calls that a client spelled in its own way.
@Suite struct `Arguments in the history` {
    private static let object = #"{"city":"K\u00f6ln","n":1.50,"say":"\"hi\""}"#

    /// The object encoded so many times.
    private static func encoded(_ times: Int) -> String {
        (0..<times).reduce(object) { text, _ in String(decoding: JSONLiteral.string(text), as: UTF8.self) }
    }

    private static func chat(_ arguments: String) -> String {
        #"{"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":["#
            + #"{"id":"c1","type":"function","function":{"name":"get","arguments":"# + arguments
            + #"}}]},{"role":"tool","tool_call_id":"c1","content":"ok"}]}"#
    }

    private static func responses(_ arguments: String) -> String {
        #"{"model":"m","input":[{"role":"user","content":"a"},{"type":"function_call","call_id":"c1","name":"get","#
            + #""arguments":"# + arguments + #"},{"type":"function_call_output","call_id":"c1","output":"ok"}]}"#
    }

    /// The arguments as the target's server gets them, as JSON text.
    private func sentArguments(_ body: String, _ client: Dialect, _ upstream: Dialect) throws -> String? {
        let root = try translate(body, client, upstream).root()
        let given: JSONValue? =
            switch upstream {
            case .openAIChat: root["messages"]?.elements.map { $0 }[1]["tool_calls"]?.first?["function"]?["arguments"]
            case .openAIResponses: root["input"]?.elements.map { $0 }[1]["arguments"]
            case .anthropicMessages: root["messages"]?.elements.map { $0 }[1]["content"]?.first?["input"]
            case .gemini: root["contents"]?.elements.map { $0 }[1]["parts"]?.first?["functionCall"]?["args"]
            case .ollama: root["messages"]?.elements.map { $0 }[1]["tool_calls"]?.first?["function"]?["arguments"]
            }
        return given.map { $0.string ?? String(decoding: $0.raw, as: UTF8.self) }
    }

    @Test(arguments: Dialect.spoken)
    func `doubly encoded arguments are an object for every target`(upstream: Dialect) throws {
        #expect(try sentArguments(Self.chat(Self.encoded(1)), .openAIChat, upstream) == Self.object)
        #expect(try sentArguments(Self.chat(Self.encoded(2)), .openAIChat, upstream) == Self.object)
        guard upstream != .openAIResponses else { return }
        #expect(try sentArguments(Self.responses(Self.encoded(2)), .openAIResponses, upstream) == Self.object)
    }

    @Test func `a string that holds no object stays what it is where arguments are text`() throws {
        let text = #""\"no object\"""#
        #expect(try sentArguments(Self.chat(text), .openAIChat, .openAIResponses) == #""no object""#)
        #expect(try translate(Self.chat(text), .openAIChat, .openAIChat).text.contains(text))
    }

    @Test func `free text of a custom tool is never decoded`() throws {
        let body =
            #"{"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":["#
            + #"{"id":"c1","type":"custom","custom":{"name":"get","input":"\"{}\""}}]},"#
            + #"{"role":"tool","tool_call_id":"c1","content":"ok"}]}"#
        let sent = try translate(body, .openAIChat, .openAIResponses)
        #expect(sent.text.contains(#""input":"\"{}\"""#), "\(sent.text)")
    }
}
