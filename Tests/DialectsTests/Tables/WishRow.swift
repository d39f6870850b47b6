import JSONCore
import Testing

@testable import Dialects

/// One row of a table of settings: how each client spells a wish, and what stands in the request to each target.
struct WishRow: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Members of the client's request, by its dialect; dialects that have no words for the wish are left out.
    var asked: [Dialect: String]
    /// What the suite's paths hold in the target's request, in their order: `tool_choice: "auto"`, one per line.
    var sent: [Dialect: String]
    /// What the target cannot express.
    var lost: [Dialect: [String]] = [:]
    /// What is special about the targets.
    var profile: @Sendable (inout TargetProfile) -> Void = { _ in }

    init(
        _ name: String,
        asked: [Dialect: String],
        sent: [Dialect: String],
        lost: [Dialect: [String]] = [:],
        profile: @escaping @Sendable (inout TargetProfile) -> Void = { _ in }
    ) {
        (testDescription, self.asked, self.sent, self.lost, self.profile) = (name, asked, sent, lost, profile)
    }

    /// Compares every cell of the row: each client with each target of another dialect that the row names.
    func check(
        _ paths: [Dialect: [String]],
        body: (Dialect, String) -> String = { $0.body(with: $1) },
        at location: SourceLocation = #_sourceLocation
    ) throws {
        for (client, members) in asked {
            for (target, expected) in sent where target != client {
                let place: Comment = "\(testDescription): \(client) to \(target)"
                let told = try translate(body(client, members), client, target, profile: profile)
                #expect(try told.root().lines(at: paths[target] ?? []) == expected, place, sourceLocation: location)
                let lost = told.context.losses.map(\.name).sorted()
                #expect(lost == self.lost[target] ?? [], place, sourceLocation: location)
            }
        }
    }
}

extension JSONValue {
    /// What stands at each of the paths, for those where something does: `a.b: 1`, one per line.
    func lines(at paths: [String]) -> String {
        paths.compactMap { path in
            value(at: path).map { "\(path): " + String(decoding: $0.raw, as: UTF8.self) }
        }.joined(separator: "\n")
    }

    /// The member at the end of a path of names with dots in between.
    func value(at path: String) -> JSONValue? {
        path.split(separator: ".").reduce(Optional(self)) { value, name in value?.member(String(name)) }
    }
}

extension Dialect {
    /// A request of one short text with further members.
    func body(with members: String) -> String {
        let rest = members.isEmpty ? "" : "," + members
        let user = #""messages":[{"role":"user","content":"x"}]"#
        return switch self {
        case .openAIChat, .ollama: #"{"model":"m",\#(user)\#(rest)}"#
        case .openAIResponses: #"{"model":"m","input":"x"\#(rest)}"#
        case .anthropicMessages:
            members.contains(#""max_tokens""#)
                ? #"{"model":"m",\#(user)\#(rest)}"# : #"{"model":"m","max_tokens":4000,\#(user)\#(rest)}"#
        case .gemini: #"{"contents":[{"role":"user","parts":[{"text":"x"}]}]\#(rest)}"#
        }
    }

    /// The member that offers functions without parameters.
    func tools(_ names: [String]) -> String {
        let tools = names.map { name in
            switch self {
            case .openAIChat, .ollama: #"{"type":"function","function":{"name":"\#(name)"}}"#
            case .openAIResponses: #"{"type":"function","name":"\#(name)"}"#
            case .anthropicMessages: #"{"name":"\#(name)","input_schema":{"type":"object"}}"#
            case .gemini: #"{"name":"\#(name)"}"#
            }
        }.joined(separator: ",")
        return self == .gemini ? #""tools":[{"functionDeclarations":[\#(tools)]}]"# : #""tools":[\#(tools)]"#
    }
}
