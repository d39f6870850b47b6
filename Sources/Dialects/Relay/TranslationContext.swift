import CryptoCore
import JSONCore

/// What the two directions of one attempt share: written while the request is translated, read while the answer is.
///
/// A fresh context belongs to every attempt, because another target may need other names and other ways out.
package struct TranslationContext: Sendable {
    package var clientDialect: Dialect
    package var upstreamDialect: Dialect
    /// The model text that the client sent and sees in every answer.
    package var clientModel: String
    package var upstreamModel: String
    package var wantsStream: Bool
    /// The form of the client's endpoint.
    package var layout = AnswerLayout.standard
    /// Whether the client of a Chat stream asked for a usage chunk; `nil` when it did not say.
    package var includeUsage: Bool?
    package var ids: any IDGenerator
    /// The answer's creation time in seconds since 1970.
    package var createdAt: Int
    /// How long the answer has taken so far.
    package var stopwatch: any Stopwatch = RunningStopwatch()
    /// The present time in seconds since 1970: when an answer is complete.
    var completedAt: Int { createdAt &+ stopwatch.nanoseconds / 1_000_000_000 }
    /// The local count of the input, shown until the provider reports its own.
    package var estimatedInputTokens: Int?

    /// What was downloaded for a target that takes no URLs, by URL.
    package var fetchedMedia: [String: FetchedMedia] = [:]
    /// Where reasoning is kept for clients that do not send it back; `nil` keeps none.
    package var memory: (any ReasoningMemory)?
    /// Whose reasoning it is: nobody else is given it.
    package var owner = ""
    /// The account that is asked; some signatures are good for no other.
    package var account: String?
    /// Whether the answer's reasoning is worth keeping.
    var remembersAnswer = false
    /// Where in its conversation the answer will stand; `nil` when it is known by the ids of its calls only.
    var place: Digest?

    /// Names of tools that had to be rewritten.
    package var toolNames = NameMap()
    /// Tools that the client declared as `custom` (free text instead of JSON arguments), by the client's name.
    package var customTools: Set<String> = []
    /// Tools that a Responses client declared as something else than functions, by the name that events carry.
    package var clientTools: [String: ClientTool] = [:]
    /// What is done about calls that do not fit the tools the client declared.
    package var toolPolicy = ToolCallPolicy.observe
    /// The declared tools, for the check of calls.
    var toolDeclarations: ToolDeclarations?
    /// Whether another target may go on with an answer that breaks off: then the relay remembers what it has sent, and
    /// leaves it to its owner to tell the client of a failure.
    package var continuation = StreamContinuation.never
    /// How the client's JSON format is obtained from the target.
    package var structuredMode = StructuredMode.native
    /// Stop sequences that the target cannot take.
    package var stopEmulation: [String] = []
    /// How many answers the request asks for.
    var choices = 1
    /// Whether the client's request used the old `functions`, so that answers say `function_call`.
    package var legacyFunctions = false
    /// Whether the target searches the web itself, so that its text has sources.
    package var citesSources = false
    /// Whether the client spoke OpenRouter's `reasoning:{}`, so that answers repeat reasoning under `reasoning`.
    package var mirrorsReasoning = false
    /// The settings of a Responses request that its answer repeats: members with a comma in front of each.
    package var responsesEcho: [UInt8] = []
    /// The earlier response that a Responses request goes on from, whose items stand in the request in its place.
    package var continuedResponse: String?
    /// Whether comments of the model on its own work, and events of the vendor's own, are left out of answers.
    package var dropsCommentary = false
    /// Whether the provider was asked to make the answer in the background, so that its first word is not the last.
    var isBackground = false
    /// Whether the finished answer of a Responses client is kept for later requests that refer to it.
    package var keepsAnswer = false
    /// What the request asked for and the target cannot express; logged and named in a header, never shown in bodies.
    package private(set) var losses: [Loss] = []

    package init(
        clientDialect: Dialect,
        upstreamDialect: Dialect,
        clientModel: String,
        upstreamModel: String,
        wantsStream: Bool,
        ids: any IDGenerator,
        createdAt: Int
    ) {
        self.clientDialect = clientDialect
        self.upstreamDialect = upstreamDialect
        self.clientModel = clientModel
        self.upstreamModel = upstreamModel
        self.wantsStream = wantsStream
        self.ids = ids
        self.createdAt = createdAt
    }

    /// What was known before the request was translated, for another translation of it.
    package var restarted: TranslationContext {
        var fresh = self
        (fresh.toolNames, fresh.customTools, fresh.clientTools) = (NameMap(), [], [:])
        (fresh.toolDeclarations, fresh.structuredMode, fresh.stopEmulation) = (nil, .native, [])
        fresh.choices = 1
        (fresh.legacyFunctions, fresh.citesSources, fresh.mirrorsReasoning) = (false, false, false)
        fresh.losses = []
        return fresh
    }

    private static let lossLimit = 64

    /// Notes that the target cannot express something.
    ///
    /// The detail may be the client's own word, and goes into a header: it is left out if it is no plain word.
    package mutating func lose(_ feature: Loss.Feature, _ detail: String? = nil) {
        let loss = Loss(feature, detail.flatMap { Loss.isPlain($0) ? $0 : nil })
        if losses.count < Self.lossLimit, !losses.contains(loss) { losses.append(loss) }
    }
}

extension TranslationContext {
    /// The text of a system message, which is all that a target takes there: what else it has is noted as lost.
    mutating func systemTexts(_ parts: [Part]) -> [Part] {
        parts.filter { part in
            switch part {
            case .text: return true
            case .media(let media): lose(.media, media.kind.rawValue)
            case .opaque(let json, _), .searchResult(let json): lose(.contentPart, json["type"]?.string)
            case .toolCall, .toolResult, .thinking, .redactedThinking, .refusal: lose(.contentPart)
            }
            return false
        }
    }
}

/// What a client declared a tool as that is offered to its target as a function.
package enum ClientTool: Sendable, Hashable {
    case localShell, shell, applyPatch
    /// A function inside a namespace, under its own name.
    case namespaced(namespace: String, name: String)
}

/// How structured output is obtained.
package enum StructuredMode: Sendable, Hashable {
    /// By the target's own means, or not asked for.
    case native
    /// By a forced tool of this name whose arguments are the answer; `unwraps` takes the member `value` out again.
    case tool(name: String, unwraps: Bool)
    /// By instructions; a code fence around the answer is removed.
    case prompt
}

/// A bijection between the names a client uses and those its target accepts; empty when nothing had to change.
package struct NameMap: Sendable {
    private var upstreamByClient: [String: String] = [:]
    private var clientByUpstream: [String: String] = [:]

    package init() {}

    package var isEmpty: Bool { clientByUpstream.isEmpty }

    package func upstream(_ name: String) -> String { isEmpty ? name : upstreamByClient[name] ?? name }

    package func client(_ name: String) -> String { isEmpty ? name : clientByUpstream[name] ?? name }

    func isTaken(_ upstream: String) -> Bool { clientByUpstream[upstream] != nil }

    mutating func add(client: String, upstream: String) {
        upstreamByClient[client] = upstream
        clientByUpstream[upstream] = client
    }
}
