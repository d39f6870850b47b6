import JSONCore

@testable import Dialects

/// What a validator found wrong.
final class Complaints {
    private(set) var texts: [String] = []

    func add(_ path: String, _ text: String) { texts.append("\(path): \(text)") }
}

/// A place in a JSON text that is being validated: it knows its path and where to complain.
struct Node {
    enum Kind { case string, number, bool, array, object, null }

    let value: JSONValue
    let path: String
    let log: Complaints

    init(_ value: JSONValue, _ path: String, _ log: Complaints) {
        self.value = value
        self.path = path
        self.log = log
    }

    /// Reads a text; complains and gives nil when it is no JSON object.
    init?(parsing text: some Sequence<UInt8>, _ path: String, _ log: Complaints) {
        guard let document = try? JSONDocument.parse(Array(text)), document.root.isObject else {
            log.add(path, "not a JSON object")
            return nil
        }
        self.init(document.root, path, log)
    }

    var kind: Kind {
        switch value.kind {
        case .null: .null
        case .bool: .bool
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }

    var string: String? { value.string }
    var keys: [String] { value.members.map { $0.key.string } }
    var elements: [Node] { value.elements.enumerated().map { Node($1, "\(path)[\($0)]", log) } }

    func complain(_ text: String) { log.add(path, text) }

    func expect(_ condition: Bool, _ text: @autoclosure () -> String) { if !condition { complain(text()) } }

    // MARK: - Members

    /// A member that is there, be it null.
    func member(_ key: String) -> Node? { value.member(key).map { Node($0, "\(path).\(key)", log) } }

    /// A member that says something.
    func present(_ key: String) -> Node? { member(key).flatMap { $0.kind == .null ? nil : $0 } }

    /// A member that must be there and of a kind.
    @discardableResult func required(_ key: String, _ kind: Kind) -> Node? {
        guard let found = member(key) else {
            complain("lacks \(key)")
            return nil
        }
        return found.checked(kind)
    }

    /// A member that must be of a kind if it is there; null counts as absent.
    @discardableResult func optional(_ key: String, _ kind: Kind) -> Node? { present(key)?.checked(kind) }

    private func checked(_ expected: Kind) -> Node? {
        guard kind == expected else {
            complain("is \(kind), not \(expected)")
            return nil
        }
        return self
    }

    /// A required text that is one of some words.
    @discardableResult func word(_ key: String, of words: Set<String>) -> String? {
        guard let text = required(key, .string)?.string else { return nil }
        expect(words.contains(text), "\(key) is \(text)")
        return text
    }

    /// A required text that is not empty.
    @discardableResult func name(_ key: String) -> String? {
        guard let text = required(key, .string)?.string else { return nil }
        expect(!text.isEmpty, "\(key) is empty")
        return text
    }

    /// A required whole number that is not negative.
    @discardableResult func count(_ key: String) -> Int? {
        guard let number = required(key, .number) else { return nil }
        number.expect((number.value.int ?? -1) >= 0, "is no count")
        return number.value.int
    }

    /// An optional number in a range.
    func number(_ key: String, in range: ClosedRange<Double>) {
        guard let number = optional(key, .number) else { return }
        number.expect(number.value.double.map(range.contains) ?? false, "is out of range")
    }

    /// Complains about members other than these.
    func only(_ known: Set<String>) {
        for key in keys where !known.contains(key) { complain("must not have \(key)") }
    }

    /// The JSON object in a text member.
    func objectText(_ key: String) {
        guard let text = required(key, .string) else { return }
        let root = try? JSONDocument.parse(Array((text.string ?? "").utf8)).root
        text.expect(root?.isObject == true, "is no text of a JSON object")
    }
}

/// What names and identifiers may look like.
enum Spelling {
    static func isWord(_ text: String, limit: Int, also extra: String = "") -> Bool {
        !text.isEmpty && text.utf8.count <= limit
            && text.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "_" || $0 == "-"
                        || extra.unicodeScalars.contains($0))
            }
    }
}

/// How a stream ended, as its client sees it.
enum StreamEnd { case clean, failed, open }

/// The rules of one dialect, from its vendor's documentation; written without a look at the codecs.
protocol Validator {
    /// A request that the vendor's own server would take.
    static func checkRequest(_ root: Node)
    static func checkBody(_ root: Node)
    /// The stream's frames in order; returns how it ends.
    static func checkStream(_ text: String, _ log: Complaints) -> StreamEnd
    static func checkError(_ root: Node)
}

extension Dialect {
    var validator: any Validator.Type {
        switch self {
        case .openAIChat: ChatValidator.self
        case .openAIResponses: ResponsesValidator.self
        case .anthropicMessages: MessagesValidator.self
        case .gemini: GeminiValidator.self
        case .ollama: OllamaValidator.self
        }
    }
}

/// One event of a stream, taken apart without our own parser.
struct Frame {
    var event: String?
    var data: String

    /// The events of a stream that was written by us: fields have one space, nothing is folded.
    static func all(_ text: String, _ log: Complaints) -> [Frame] {
        guard !text.isEmpty else { return [] }
        let unix = text.replacing("\r\n", with: "\n")
        if !unix.hasSuffix("\n\n") { log.add("stream", "does not end with a blank line") }
        return unix.split(separator: "\n\n").compactMap { frame(String($0), log) }
    }

    private static func frame(_ text: String, _ log: Complaints) -> Frame? {
        var event: String?
        var data: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("event: ") {
                event = String(line.dropFirst(7))
            } else if line.hasPrefix("data: ") {
                data.append(String(line.dropFirst(6)))
            } else if !line.hasPrefix(":") {
                log.add("stream", "strange line \(line.prefix(80))")
            }
        }
        if data.isEmpty {
            if event != nil { log.add("stream", "event \(event ?? "") without data") }
            return nil
        }
        return Frame(event: event, data: data.joined(separator: "\n"))
    }
}
