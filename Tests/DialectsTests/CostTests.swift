import Glibc
import JSONCore
import Testing

@testable import Dialects

/// A request that can be made as large as one likes.
private struct Growing: Sendable, CustomTestStringConvertible {
    var name: String
    var client: Dialect
    var upstream: Dialect
    var size: Int
    var rule: TargetProfile.SchemaRule?
    var body: @Sendable (Int) -> String

    var testDescription: String { "\(name), \(client.rawValue) to \(upstream.rawValue)" }

    /// The least processor time of this thread that a translation took.
    func cost(at size: Int) throws -> Double {
        let text = body(size)
        return try (0..<2).map { _ in
            let start = Self.processorTime
            _ = try translate(text, client, upstream) { profile in
                if let rule { profile.schemaRule = rule }
            }
            return Self.processorTime - start
        }.min() ?? 0
    }

    private static var processorTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

private func list(_ count: Int, _ element: (Int) -> String) -> String {
    (0..<count).map(element).joined(separator: ",")
}

private func chat(schema: String) -> String {
    #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"#
        + #""tools":[{"type":"function","function":{"name":"f","parameters":\#(schema)}}]}"#
}

extension Growing {
    static let all: [Growing] = schemas + histories + tools

    private static let targets: [(upstream: Dialect, rule: TargetProfile.SchemaRule?)] = [
        (.anthropicMessages, nil), (.gemini, nil), (.gemini, .geminiSchema), (.openAIResponses, nil),
    ]

    private static let schemas = targets.flatMap { target in
        [
            Growing("required properties", .openAIChat, target.upstream, 2_000, target.rule) { count in
                let properties = list(count) { #""property_\#($0)":{"type":"string"}"# }
                let names = list(count) { #""property_\#($0)""# } + #","unknown""#
                return chat(schema: #"{"type":"object","properties":{\#(properties)},"required":[\#(names)]}"#)
            },
            Growing("references", .openAIChat, target.upstream, 1_000, target.rule) { count in
                let properties = list(count) { ##""p\##($0)":{"$ref":"#/$defs/d\##($0)"}"## }
                let definitions = list(count) { ##""d\##($0)":{"items":{"$ref":"#/$defs/d\##($0 + 1)"}}"## }
                return chat(
                    schema: #"{"type":"object","properties":{\#(properties)},"$defs":{\#(definitions),"#
                        + #""d\#(count)":{"type":"string"}}}"#
                )
            },
            Growing("references to elements", .openAIChat, target.upstream, 1_000, target.rule) { count in
                let properties = list(count) { ##""p\##($0)":{"$ref":"#/$defs/d/anyOf/\##($0)"}"## }
                let elements = list(count) { #"{"const":"\#($0)"}"# }
                return chat(
                    schema: #"{"type":"object","properties":{\#(properties)},"$defs":{"d":{"anyOf":[\#(elements)]}}}"#
                )
            },
            Growing("merged properties", .openAIChat, target.upstream, 1_000, target.rule) { count in
                let properties = list(count) { #""property_\#($0)":{"type":"string"}"# }
                let names = list(count) { #""property_\#($0)""# }
                let branch = #"{"type":"object","properties":{\#(properties)},"required":[\#(names)]}"#
                return chat(schema: #"{"type":"object","allOf":[\#(branch),\#(branch)]}"#)
            },
        ]
    }

    private static let histories = [
        Growing("calls with one id", .openAIChat, .anthropicMessages, 1_000) { count in
            let calls = list(count) { #"{"id":"c","function":{"name":"f\#($0)","arguments":"{}"}}"# }
            let results = list(count) { _ in #"{"role":"tool","tool_call_id":"c","content":"r"}"# }
            return #"{"model":"m","messages":[{"role":"user","content":"Hi"},"#
                + #"{"role":"assistant","tool_calls":[\#(calls)]},\#(results)]}"#
        },
        Growing("results without ids", .ollama, .openAIChat, 1_000) { count in
            let calls = list(count) { #"{"function":{"name":"f\#($0 % 2)","arguments":{}}}"# }
            let results = list(count) { #"{"role":"tool","tool_name":"f\#($0 % 3)","content":"r"}"# }
            return #"{"model":"m","messages":[{"role":"user","content":"Hi"},"#
                + #"{"role":"assistant","content":"","tool_calls":[\#(calls)]},\#(results)]}"#
        },
        Growing("a nameless call among others", .openAIChat, .anthropicMessages, 1_000) { count in
            let calls = list(count) { #"{"id":"c\#($0)","function":{"name":"f","arguments":"{}"}}"# }
            let results = list(count) { #"{"role":"tool","tool_call_id":"c\#($0)","content":"r"}"# }
            return #"{"model":"m","messages":[{"role":"user","content":"Hi"},{"role":"assistant","tool_calls":["#
                + #"{"id":"x","function":{"name":"","arguments":"{}"}},\#(calls)]},\#(results)]}"#
        },
        Growing("thoughts", .gemini, .anthropicMessages, 1_000) { count in
            let words = String(repeating: "thinking ", count: 100)
            let parts = list(count) { _ in #"{"text":"\#(words)","thought":true}"# }
            return #"{"contents":[{"parts":[{"text":"Hi"}]},{"role":"model","parts":[\#(parts),{"text":"So"}]},"#
                + #"{"role":"user","parts":[{"text":"Go"}]}]}"#
        },
        Growing("searches that were not found", .anthropicMessages, .openAIChat, 1_000) { count in
            let calls = list(count) {
                #"{"type":"server_tool_use","id":"srvtoolu_\#($0)","name":"web_search","input":{"query":"q"}}"#
            }
            let results = list(count) {
                #"{"type":"web_search_tool_result","tool_use_id":"srvtoolu_x\#($0)","content":[]}"#
            }
            return #"{"max_tokens":9,"messages":[{"role":"user","content":"Hi"},"#
                + #"{"role":"assistant","content":[\#(calls),\#(results)]},{"role":"user","content":"Go"}]}"#
        },
        Growing("searches", .gemini, .openAIChat, 1_000) { count in
            let search = #"{"toolCall":{"toolType":"GOOGLE_SEARCH_WEB","args":{"queries":["q"]}}}"#
            let parts = list(count) { _ in search }
            return #"{"contents":[{"parts":[{"text":"Hi"}]},{"role":"model","parts":[\#(parts)]},"#
                + #"{"role":"user","parts":[{"text":"Go"}]}]}"#
        },
    ]

    private static let tools = [
        Growing("names that are not allowed", .openAIChat, .anthropicMessages, 500) { count in
            let tools = list(count) { #"{"type":"function","function":{"name":"f \#($0)"}}"# }
            return #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"tools":[\#(tools)]}"#
        },
        Growing("allowed tools", .openAIChat, .anthropicMessages, 1_000) { count in
            let tools = list(count) { #"{"type":"function","function":{"name":"f\#($0)"}}"# }
            let choice = #"{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[\#(tools)]}}"#
            return #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"tools":[\#(tools)],"#
                + #""tool_choice":\#(choice)}"#
        },
    ]

    private init(
        _ name: String,
        _ client: Dialect,
        _ upstream: Dialect,
        _ size: Int,
        _ rule: TargetProfile.SchemaRule? = nil,
        body: @escaping @Sendable (Int) -> String
    ) {
        self.init(name: name, client: client, upstream: upstream, size: size, rule: rule, body: body)
    }
}

@Suite struct `The cost of a request` {
    @Test(arguments: Growing.all)
    private func `grows with its size, not with the square of it`(request: Growing) throws {
        let (small, large) = (try request.cost(at: request.size), try request.cost(at: 8 * request.size))
        // Eight times the work, and room for caches and for measuring; its square would be 64 times.
        #expect(large < 24 * small, "\(request.size) cost \(small) s, eight times as many \(large) s")
    }

    @Test func `references to no element of a list are mended like others that lead nowhere`() throws {
        for index in ["-1", "1", "99999999999999999999", "x"] {
            let schema = ##"{"type":"object","properties":{"a":{"$ref":"#/x/\##(index)"}},"x":["y"]}"##
            let root = try translate(chat(schema: schema), .openAIChat, .anthropicMessages).root()
            let property = root["tools"]?.first?["input_schema"]?["properties"]?["a"]
            #expect(property?["type"]?.string == "object", "\(index)")
        }
    }

    @Test func `a long way of references that ends is kept, and one that leads back is not`() throws {
        func schema(end: String) -> String {
            let definitions = list(300) { ##""d\##($0)":{"items":{"$ref":"#/$defs/d\##($0 + 1)"}}"## }
            return ##"{"type":"object","properties":{"a":{"$ref":"#/$defs/d7"}},"$defs":{\##(definitions),"##
                + ##""d300":\##(end)}}"##
        }
        for (end, kept) in [(#"{"type":"string"}"#, true), (##"{"not":{"$ref":"#/$defs/d3"}}"##, false)] {
            let root = try translate(chat(schema: schema(end: end)), .openAIChat, .anthropicMessages).root()
            let input = root["tools"]?.first?["input_schema"]
            #expect((input?["properties"]?["a"]?["$ref"] != nil) == kept)
            // What only leads to the circle does not lead back to itself.
            #expect(input?["$defs"]?["d1"]?["items"]?["$ref"] != nil)
        }
    }
}
