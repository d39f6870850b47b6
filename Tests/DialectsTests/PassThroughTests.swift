import JSONCore
import Testing

@testable import Dialects

/// A request as nobody would write it: other white space, and members that no dialect knows.
private struct OddSpelling {
    private(set) var bytes: [UInt8] = []
    /// The members that were added, as they stand in the text.
    private(set) var strangers: [String] = []
    private var random: SeededRandom

    init(_ body: JSONValue, seed: UInt64) {
        random = SeededRandom(seed)
        write(body)
    }

    private mutating func space() {
        let spaces = ["", "", " ", "\n", "\t ", "\r\n  "]
        bytes.append(contentsOf: (spaces.randomElement(using: &random) ?? "").utf8)
    }

    private mutating func write(_ value: JSONValue) {
        space()
        switch value.kind {
        case .object: writeMembers(of: value)
        case .array:
            bytes.append(UInt8(ascii: "["))
            for (index, element) in value.elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(element)
            }
            bytes.append(UInt8(ascii: "]"))
        default: bytes.append(contentsOf: value.raw)
        }
        space()
    }

    private mutating func writeMembers(of value: JSONValue) {
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for (key, member) in value.members {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            if Int.random(in: 0..<6, using: &random) == 0 { writeStranger() }
            bytes.append(contentsOf: JSONLiteral.string(key.string))
            space()
            bytes.append(UInt8(ascii: ":"))
            write(member)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func writeStranger() {
        let text = "\"x_odd_\(strangers.count)\":[1.50e+02 ,12345678901234567890.10,\"\\u00e9\\/\", {  }]"
        strangers.append(text)
        bytes.append(contentsOf: (text + ",").utf8)
    }
}

@Suite struct `Pass through` {
    private func passed(_ bytes: [UInt8], _ dialect: Dialect) throws(DialectError) -> [UInt8]? {
        guard let body = try? JSONDocument.parse(bytes) else { return nil }
        var context = makeContext(dialect, dialect, streams: false)
        return try RequestTranslator.translate(
            body,
            profile: .vendor(dialect),
            context: &context,
            upstreamStreams: false
        )
    }

    @Test(arguments: Dialect.spoken)
    func `a request of the target's own dialect keeps every byte that needs no edit`(dialect: Dialect) throws {
        var untouched = 0
        for (number, input) in try Matrix.requests(dialect).enumerated() {
            guard let plain = try? passed(input.bytes, dialect) else { continue }
            let needsNoEdit = plain == renamed(input.bytes)
            untouched += needsNoEdit ? 1 : 0
            let root = try JSONDocument.parse(input.bytes).root
            for seed in 1...3 as ClosedRange<UInt64> {
                let odd = OddSpelling(root, seed: seed &+ UInt64(number) &* 10)
                let out = try #require(try passed(odd.bytes, dialect), "\(dialect) \(input.name) \(seed)")
                if needsNoEdit { #expect(out == renamed(odd.bytes), "\(dialect) \(input.name) \(seed)") }
                let text = String(decoding: out, as: UTF8.self)
                // What is removed takes what it contains with it: that alone may be missing.
                let lost = odd.strangers.filter { !text.contains($0) }
                #expect(!needsNoEdit || lost.isEmpty, "\(dialect) \(input.name) \(seed): \(lost)")
            }
        }
        #expect(untouched > 20, "most requests are in order")
    }

    /// With the target's name of the model.
    private func renamed(_ bytes: [UInt8]) -> [UInt8] {
        guard let body = try? JSONDocument.parse(bytes), let model = body.root["model"] else { return bytes }
        var editor = JSONEditor(body)
        editor.replace(model, with: JSONLiteral.string("up-model"))
        return editor.finish()
    }

    @Test(arguments: Dialect.spoken)
    func `a stream of the client's own dialect keeps every byte but the model's name`(dialect: Dialect) throws {
        for input in try Matrix.answers(dialect) where input.isStream && Self.healthy.contains(input.name) {
            let text = String(decoding: input.bytes, as: UTF8.self)
            var context = makeContext(dialect, dialect)
            context.includeUsage = true
            let got = relay(text, context, contentType: dialect.streamType) { $0 = .vendor(dialect) }
            #expect(got.out == text.replacing("up-model", with: "my-model"), "\(dialect) \(input.name)")
        }
    }

    /// Streams as their vendors send them.
    private static let healthy: Set<String> = [
        "01-text", "03-thinking-text", "04-thinking-signed", "05-redacted", "06-one-call", "07-parallel-calls",
        "08-text-then-calls", "14-cached-usage", "15-length", "19-refusal", "24-image", "26-thinking-twice",
        "27-escapes",
        "29-many-calls", "32-long-text",
    ]
}
