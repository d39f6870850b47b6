import CryptoCore
import JSONCore

/// A digest of what a client sees of a turn, the same after it has been through another dialect or another client.
///
/// Clients join and split texts, put calls behind them, change white space, write JSON anew and give calls other ids;
/// thinking, media and cache marks come and go. What stays is the text without white space, and the names and arguments
/// of the calls in their order. Clients that keep nothing but the calls know the turn as one without text.
struct VisibleContent {
    private var text = TextDigest()
    /// Names and arguments of the calls, each with an end that occurs in no UTF-8.
    private var calls: [UInt8] = []
    private(set) var isEmpty = true

    mutating func add(_ text: JSONText) {
        if !text.isEmpty { isEmpty = false }
        self.text.append(text)
    }

    mutating func add(call name: String, arguments: JSONValue) {
        isEmpty = false
        calls.append(contentsOf: name.utf8)
        calls.append(0xFF)
        CanonicalJSON.append(arguments, to: &calls)
        calls.append(0xFF)
    }

    var digest: Digest { SHA256.hash(text.digest.bytes + calls) }

    /// The digest for a client that keeps the calls only; `nil` if there are none.
    var digestOfCalls: Digest? { calls.isEmpty ? nil : SHA256.hash(TextDigest().digest.bytes + calls) }

    mutating func add(_ part: Part) {
        switch part {
        case .text(let part): if !part.isNote { add(part.text) }
        case .refusal(let text): add(text)
        case .toolCall(let call): add(call: call.name, arguments: call.canonicalArguments)
        case .toolResult(let result): for part in result.parts { add(part) }
        case .media, .thinking, .redactedThinking, .searchResult, .opaque: break
        }
    }
}

extension ToolCall {
    /// The arguments as an object; free text as the member that stands for it where a target knows objects only.
    fileprivate var canonicalArguments: JSONValue {
        switch arguments {
        case .object(let value): value
        case .text(let text): JSONRepair.object(from: kind == .custom ? ChatCalls.wrapped(text) : text).root
        }
    }
}

/// A digest of text without its white space, however it is cut into pieces and escaped.
struct TextDigest {
    private static let blockSize = 4_096
    private var block: [UInt8] = []
    /// Of the blocks before.
    private var state: Digest?

    mutating func append(_ text: JSONText) {
        let start = block.count
        text.appendUnescaped(to: &block)
        dropWhiteSpace(from: start)
        var done = 0
        while block.count - done >= Self.blockSize {
            state = SHA256.hash((state?.bytes ?? []) + block[done..<done + Self.blockSize])
            done += Self.blockSize
        }
        if done > 0 { block.removeFirst(done) }
    }

    var digest: Digest { SHA256.hash((state?.bytes ?? []) + block) }

    private mutating func dropWhiteSpace(from start: Int) {
        var end = start
        for place in start..<block.count where !block[place].isWhiteSpace {
            if end != place { block[end] = block[place] }
            end += 1
        }
        block.removeSubrange(end...)
    }
}

extension UInt8 {
    fileprivate var isWhiteSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}

/// JSON in one spelling: members sorted by key, no blanks, numbers as their value, strings unescaped.
enum CanonicalJSON {
    // The parser's depth limit bounds the recursion.
    static func append(_ value: JSONValue, to out: inout [UInt8]) {
        switch value.kind {
        case .object: append(members: value, to: &out)
        case .array:
            out.append(UInt8(ascii: "["))
            for element in value.elements { append(element, to: &out) }
            out.append(UInt8(ascii: "]"))
        case .string:
            out.append(UInt8(ascii: "\""))
            value.text?.appendUnescaped(to: &out)
            out.append(0xFF)
        case .number: append(number: value, to: &out)
        case .null, .bool: out.append(contentsOf: value.raw)
        }
    }

    private static func append(members object: JSONValue, to out: inout [UInt8]) {
        var members: [(key: [UInt8], value: JSONValue)] = []
        for (key, value) in object.members {
            var bytes: [UInt8] = []
            key.appendUnescaped(to: &bytes)
            members.append((bytes, value))
        }
        members.sort { $0.key.lexicographicallyPrecedes($1.key) }
        out.append(UInt8(ascii: "{"))
        for (key, value) in members {
            out.append(contentsOf: key)
            out.append(0xFF)
            append(value, to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    private static func append(number: JSONValue, to out: inout [UInt8]) {
        if let int = number.int {
            out.append(contentsOf: "\(int)".utf8)
        } else if let double = number.double {
            out.append(contentsOf: "\(double)".utf8)
        } else {
            out.append(contentsOf: number.raw)
        }
        out.append(UInt8(ascii: ","))
    }
}
