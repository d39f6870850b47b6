import JSONCore
import Testing

@testable import Dialects

/// A field of a client's request, and what becomes of it at targets of the other dialects: each of them says it, loses
/// it, refuses it, or it is no loss for a reason.
struct FieldRow: Sendable, CustomTestStringConvertible {
    /// Why a field that a target is not told is no loss; `docs/api.md` has the same list.
    enum NoLoss: String, Sendable {
        case cache = "it only hints at a price: what a prompt cache keeps, which tier may be paid for"
        case bookkeeping = "it is the client's own bookkeeping and says nothing to a model"
        case allTools = "it puts off a tool or its input, and all tools are offered at once and whole"
        case oldThinking = "unsigned thinking of earlier turns is given back to nobody but models that demand it"
        case delivery = "it is about the delivery of the answer, which the gateway does itself"
        case answered = "the answer has it anyhow"
    }

    /// The field's path in the request, as `tools.strict`.
    var field: String
    var client: Dialect
    var body: String
    /// What stands in the requests to the targets that are told.
    var says: [Dialect: String]
    /// The targets that cannot be asked at all.
    var refuses: Set<Dialect>
    /// What the other targets lose.
    var loses: String?
    var noLoss: NoLoss?

    var testDescription: String { field }

    func check() throws {
        for target in Dialect.spoken where target != client {
            let place: Comment = "\(field): \(client) to \(target)"
            guard !refuses.contains(target) else {
                #expect(throws: DialectError.self, place) { try translate(body, client, target, profile: Self.enrich) }
                continue
            }
            let told = try translate(body, client, target, profile: Self.enrich)
            let lost = told.context.losses.map(\.name)
            if let text = says[target] {
                #expect(told.text.contains(text), "\(place) in \(told.text)")
                if let loses { #expect(!lost.contains(loses), place) }
            } else if let loses {
                #expect(lost.contains(loses), "\(place) lost only \(lost)")
            } else {
                #expect(noLoss != nil && lost.isEmpty, "\(place) lost \(lost)")
            }
        }
    }

    /// A target of each dialect that knows as much as there is to be known.
    private static func enrich(_ profile: inout TargetProfile) {
        switch profile.dialect {
        case .openAIChat:
            (profile.nativeExtras, profile.serviceTiers, profile.userField) = (true, true, .safetyIdentifier)
            (profile.reasoningStyle, profile.hostedWebSearch, profile.audioIn) = (.effort, .options, true)
            (profile.strictTools, profile.customTools) = (true, true)
        case .anthropicMessages:
            (profile.strictTools, profile.jsonSchema) = (true, true)
            profile.hostedWebSearch = .anthropic(type: "web_search_20250305")
        case .openAIResponses, .gemini, .ollama: break
        }
    }
}

/// The rows of one client's dialect.
struct FieldTable {
    var client: Dialect

    /// A member of the request beside its one message.
    func field(
        _ field: String,
        _ members: String,
        says: [Dialect: String] = [:],
        refuses: Set<Dialect> = [],
        loses: String? = nil,
        noLoss: FieldRow.NoLoss? = nil
    ) -> FieldRow {
        body(field, client.body(with: members), says: says, refuses: refuses, loses: loses, noLoss: noLoss)
    }

    /// A request of a form of its own.
    func body(
        _ field: String,
        _ body: String,
        says: [Dialect: String] = [:],
        refuses: Set<Dialect> = [],
        loses: String? = nil,
        noLoss: FieldRow.NoLoss? = nil
    ) -> FieldRow {
        FieldRow(
            field: field,
            client: client,
            body: body,
            says: says,
            refuses: refuses,
            loses: loses,
            noLoss: noLoss
        )
    }
}

extension [Dialect: String] {
    /// The same words to some targets.
    static func at(_ text: String, _ dialects: Dialect...) -> Self {
        Self(uniqueKeysWithValues: dialects.map { ($0, text) })
    }

    /// The same words to every target.
    static func all(_ text: String) -> Self { Self(uniqueKeysWithValues: Dialect.spoken.map { ($0, text) }) }

    /// These words to most targets, and others to some.
    func but(_ others: Self) -> Self { merging(others) { $1 } }
}
