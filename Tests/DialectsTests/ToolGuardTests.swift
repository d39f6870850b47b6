import JSONCore
import Testing

@testable import Dialects

@Suite struct `Tool call guard` {
    private static let schema = #"""
        {"type":"object","properties":{
          "path":{"type":"string"},
          "line":{"type":"integer"},
          "ratio":{"type":["number","null"]},
          "deep":{"type":"object","properties":{"on":{"type":"boolean"}},"required":["on"],"additionalProperties":false},
          "list":{"type":"array","items":{"type":"integer"}},
          "mode":{"type":"string","enum":["r","w"]}
        },"required":["path"],"additionalProperties":false}
        """#

    /// What arguments become in one piece and byte by byte, which must be the same, and what is said of them.
    private func check(
        _ arguments: String,
        repairs: Bool = true,
        cutOff: Bool = false
    ) throws -> (sent: String, checker: ArgumentsMender) {
        var reader = ToolSchemaReader(try json(Self.schema).root)
        let schema = reader.read()
        func run(_ pieces: [[UInt8]]) -> (String, ArgumentsMender) {
            var checker = ArgumentsMender(schema, repairs: repairs)
            var out: [UInt8] = []
            for piece in pieces { checker.feed(piece, into: &out) }
            if cutOff { checker.cutOff(into: &out) } else { checker.finish(into: &out) }
            return (String(decoding: out, as: UTF8.self), checker)
        }
        let whole = run([Array(arguments.utf8)])
        let bytewise = run(arguments.utf8.map { [$0] })
        #expect(whole.0 == bytewise.0)
        #expect(whole.1.faults == bytewise.1.faults && whole.1.remaining == bytewise.1.remaining)
        return whole
    }

    static let sound = [
        #"{"path":"a"}"#, #" { "path" : "a\n\u00e9\"" , "line" : -3, "ratio":null } "#, #"{"path":"","ratio":1.5e3}"#,
        #"{"path":"p","deep":{"on":true},"list":[1, 2,3],"mode":"w"}"#, #"{"path":"日本 😀","list":[]}"#,
        #"{"path":"{\"a\":1}"}"#, #"{"path":"5"}"#, #"{"path":"True"}"#,
    ]

    @Test(arguments: sound, [true, false])
    func `valid calls are never changed`(arguments: String, repairs: Bool) throws {
        let (sent, checker) = try check(arguments, repairs: repairs)
        #expect(sent == arguments)
        #expect(checker.faults == [])
    }

    /// Broken arguments from the field, and what they can only have meant.
    static let repairable: [(broken: String, meant: String, fault: ToolCallReport.Fault)] = [
        (#"{"path":"a","line":"5"}"#, #"{"path":"a","line":5}"#, .wrongType),
        (#"{"path":"a","ratio":"0.5"}"#, #"{"path":"a","ratio":0.5}"#, .wrongType),
        (#"{"path":"a","deep":"{\"on\": true}"}"#, #"{"path":"a","deep":{"on": true}}"#, .wrongType),
        (#"{"path":"a","deep":{"on":"true"}}"#, #"{"path":"a","deep":{"on":true}}"#, .wrongType),
        (#"{"path":"a","list":"[1,\"2\"]"}"#, #"{"path":"a","list":[1,2]}"#, .wrongType),
        (#""{\"path\":\"a\"}""#, #"{"path":"a"}"#, .wrongType),
        (#"{"Path":"a"}"#, #"{"path":"a"}"#, .unknownMember),
        (#"{"path":"a","list":[1,2,],}"#, #"{"path":"a","list":[1,2]}"#, .malformed),
        (#"{"path":"a","deep":{"on":True}}"#, #"{"path":"a","deep":{"on":true}}"#, .malformed),
        (#"{"path":"a","list":[1,2]"#, #"{"path":"a","list":[1,2]}"#, .malformed),
        (#"{"path":"a""#, #"{"path":"a"}"#, .malformed),
        (#"{"path":"a","deep":{"on":true"#, #"{"path":"a","deep":{"on":true}}"#, .malformed),
        (#"{"path":"a","deep":{"on":True"#, #"{"path":"a","deep":{"on":true}}"#, .malformed),
        (#"{"path":"a","list":[1,2 "#, #"{"path":"a","list":[1,2 ]}"#, .malformed),
        (
            #"{"PATH":"a","Line":"7","Deep":{"On":true},"Mode":"w"}"#,
            #"{"path":"a","line":7,"deep":{"on":true},"mode":"w"}"#, .unknownMember
        ),
        (#"{"Path":"a""#, #"{"path":"a"}"#, .malformed),
        ("{\"path\":\"a\nb\"}", #"{"path":"a\nb"}"#, .malformed),
    ]

    @Test(arguments: repairable)
    func `what can be meant in one way only is put right`(
        broken: String,
        meant: String,
        fault: ToolCallReport.Fault
    ) throws {
        let (sent, checker) = try check(broken)
        #expect(sent == meant)
        #expect(checker.faults.contains(fault) && checker.remaining == [])
        let observed = try check(broken, repairs: false)
        #expect(observed.sent == broken)
        #expect(observed.checker.faults.contains(fault) && observed.checker.remaining.contains(fault))
    }

    /// Arguments that nobody can put right for certain.
    static let hopeless: [(broken: String, fault: ToolCallReport.Fault)] = [
        (#"{"line":5}"#, .missingMember), (#"{"path":"a","line":"five"}"#, .wrongType),
        (#"{"path":"a","line":"5.5"}"#, .wrongType), (#"{"path":"a","deep":{"on":"maybe"}}"#, .wrongType),
        (#"{"path":"a","mode":"x"}"#, .unknownWord), (#"{"path":"a","other":1}"#, .unknownMember),
        (#"{"path":"a","line":}"#, .malformed), (#"{"path":"a"}{"path":"b"}"#, .malformed),
        (#"{"path":"a","li"#, .malformed), (#"{"path":"a","line":"#, .malformed), (#"{"path":"a\"#, .malformed),
        (#"{"path":"a\u00"#, .malformed), (#"{'path':'a'}"#, .malformed), ("path=a", .malformed),
        (#"["a"]"#, .wrongType), (#"{"path":["a"]}"#, .wrongType),
        // What ends in the middle of a value, or behind a comma, was to say more.
        (#"{"path":"/home/user/tm"#, .malformed), (#"{"path":"a","list":[1,2"#, .malformed),
        (#"{"path":"a","line":1"#, .malformed), (#"{"path":"a","deep":{"on":tr"#, .malformed),
        (#"{"path":"a", "#, .malformed), (#"{"path":"a","list":["#, .malformed), ("{", .malformed),
        (#"{"line":1,"mode":"r""#, .malformed), (#"{"path":"a","line":"1"#, .malformed),
        (#"{"Path":"a","mode":"r"#, .malformed),
        // No number.
        (#"{"path":"a","line":-}"#, .malformed), (#"{"path":"a","line":01}"#, .malformed),
        (#"{"path":"a","ratio":1.}"#, .malformed), (#"{"path":"a","ratio":1e+}"#, .malformed),
        (#"{"path":"a","line":"-"}"#, .wrongType),
        // The right name is there as well, so that the other one is none in another case.
        (#"{"Path":"a","path":"b"}"#, .unknownMember), (#"{"path":"a","Path":"b"}"#, .unknownMember),
        (#"{"Path":"a","PATH":"b"}"#, .unknownMember), (#"{"Path":"a","line":1, "path":"b"}"#, .unknownMember),
        (#"{"path":"a","deep":{"On":"true","on":true}}"#, .unknownMember),
    ]

    @Test(arguments: hopeless)
    func `what cannot be put right for certain arrives as it was made`(
        broken: String,
        fault: ToolCallReport.Fault
    ) throws {
        for repairs in [true, false] {
            let (sent, checker) = try check(broken, repairs: repairs)
            #expect(sent == broken)
            #expect(checker.remaining.contains(fault))
        }
    }

    @Test func `arguments that the token limit cut are not completed`() throws {
        let (sent, _) = try check(#"{"path":"a","list":[1,"#, cutOff: true)
        #expect(sent == #"{"path":"a","list":[1,"#)
    }

    @Test func `hostile schemas and arguments end`() throws {
        let circle = ##"{"type":"object","properties":{"a":{"$ref":"#"}},"$defs":{"b":{"$ref":"#/$defs/b"}}}"##
        for text in [circle, ##"{"$ref":"#/$defs/x","$defs":{"x":{"$ref":"#/$defs/x"}}}"##, "[]", "true"] {
            var reader = ToolSchemaReader(try json(text).root)
            var checker = ArgumentsMender(reader.read(), repairs: true)
            var out: [UInt8] = []
            let deep = String(repeating: #"{"a":"#, count: 5_000)
            checker.feed(Array(deep.utf8), into: &out)
            checker.finish(into: &out)
            #expect(String(decoding: out, as: UTF8.self) == deep)
        }
    }

    // MARK: - In an answer

    private static let request =
        #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}],"tools":[{"name":"read_file","input_schema":"#
        + schema + "}]}"

    private func answer(
        name: String = "read_file",
        _ arguments: [String],
        finish: String = "tool_calls",
        _ policy: ToolCallPolicy,
        client: Dialect = .anthropicMessages
    ) throws -> (out: String, report: ToolCallReport?) {
        var context = makeContext(client, .openAIChat)
        context.toolPolicy = policy
        _ = try RequestTranslator.translate(
            try json(Self.request),
            profile: TargetProfile(.openAIChat),
            context: &context,
            upstreamStreams: true
        )
        let head =
            #"{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"\#(name)","arguments":""}}]}"#
        var chunks = [chunk(head)]
        for piece in arguments {
            let text = String(decoding: JSONLiteral.string(piece), as: UTF8.self)
            chunks.append(chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":\#(text)}}]}"#))
        }
        chunks.append(chunk("{}", finish: finish) + "data: [DONE]\n\n")
        let relayed = relay(chunks.map { Array($0.utf8) }, context)
        return (relayed.out, relayed.calls)
    }

    @Test func `broken calls are counted and left alone unless they are to be repaired`() throws {
        let observed = try answer([#"{"path":"a","li"#, #"ne":"7"#, #""}"#], .observe)
        #expect(observed.report?.calls == 1 && observed.report?.valid == 0 && observed.report?.repaired == 0)
        #expect(observed.report?.faults == [.wrongType: 1])
        #expect(observed.out.contains(#"ne\":\"7"#))

        let repaired = try answer([#"{"path":"a","li"#, #"ne":"7"#, #""}"#], .repair)
        #expect(repaired.report?.repaired == 1)
        #expect(repaired.out.contains(#"\"line\":"#) && !repaired.out.contains(#"\"7\""#))
        #expect(repaired.out.hasSuffix("data: {\"type\":\"message_stop\"}\n\n"))

        #expect(try answer(["{}"], .off).report == nil)
    }

    @Test func `a call that lacks a bracket is completed only if the model had finished it`() throws {
        let finished = try answer([#"{"path":"a""#], .repair)
        #expect(finished.report?.repaired == 1)
        #expect(finished.out.contains(#""partial_json":"}""#))
        let cut = try answer([#"{"path":"a""#], finish: "length", .repair)
        #expect(cut.report?.calls == 0)
        #expect(!cut.out.contains(#""partial_json":"}""#))
    }

    @Test(arguments: [ToolCallPolicy.repair, .observe])
    func `a value that ends in the middle is counted and never completed`(policy: ToolCallPolicy) throws {
        let finished = try answer([#"{"path":"/home/us"#, "er/tm"], policy)
        #expect(finished.report?.calls == 1 && finished.report?.repaired == 0)
        #expect(finished.report?.faults == [.malformed: 1])
        let sent = finished.out.split(separator: "partial_json\":").dropFirst().map { $0.prefix { $0 != "}" } }
        #expect(sent == [#""{\"path\":\"/home/us""#, #""er/tm""#])
    }

    @Test func `a long object with a name in another case is sent before it ends`() throws {
        let long = String(repeating: "x", count: 300_000)
        let (sent, checker) = try check(#"{"Path":"\#(long)"}"#)
        #expect(sent == #"{"Path":"\#(long)"}"# && checker.remaining.contains(.unknownMember))
    }

    @Test func `names of tools in another case are those of the declared tools`() throws {
        let repaired = try answer(name: "Read_File", [#"{"path":"a"}"#], .repair)
        #expect(repaired.out.contains(#""name":"read_file""#))
        #expect(repaired.report?.repaired == 1 && repaired.report?.faults == [.unknownTool: 1])
        let observed = try answer(name: "Read_File", [#"{"path":"a"}"#], .observe)
        #expect(observed.out.contains(#""name":"Read_File""#))
        let unknown = try answer(name: "other", [#"{"path":"a"}"#], .repair)
        #expect(unknown.report?.repaired == 0 && unknown.report?.faults == [.unknownTool: 1])
    }

    @Test func `the tools of an agent are held once`() throws {
        let first = ToolDeclarations.of(try json(Self.request))
        let second = ToolDeclarations.of(try json(Self.request))
        #expect(first === second && first != nil)
        #expect(ToolDeclarations.of(try json(#"{"tools":[]}"#)) == nil)
    }

    @Test(arguments: [
        #"[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]"#,
        #"[{"type":"function","name":"f","parameters":{"type":"object"}}]"#,
        #"[{"name":"f","input_schema":{"type":"object"}}]"#,
        #"[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT"}}]}]"#,
        #"[{"type":"namespace","name":"n","tools":[{"type":"function","name":"f","parameters":{"type":"object"}}]}]"#,
    ])
    func `the declarations of every dialect are understood`(tools: String) throws {
        let declared = try #require(ToolDeclarations.of(try json(#"{"tools":\#(tools)}"#)))
        guard case .function(let schema) = declared.entry("f") else { return #expect(Bool(false), "not found") }
        #expect(schema.types == .object)
    }
}
