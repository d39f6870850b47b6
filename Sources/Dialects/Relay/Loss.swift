/// Something that a request asked for and its target cannot express.
///
/// What changes nothing about the answer is not counted as lost: `docs/api.md` lists it, with the reasons, and
/// `Tests/DialectsTests/Fields` has every field of every dialect with what becomes of it.
package struct Loss: Sendable, Hashable {
    /// What is lost, in the word that clients are told (`X-OmniRoute-Loss`).
    package enum Feature: String, Sendable, Hashable, CaseIterable {
        /// A member of the request that no other dialect knows.
        case field
        /// A part of a message that no other dialect knows.
        case contentPart = "content-part"
        /// A medium that the model cannot read; a note stands in its place.
        case media
        case imageDetail = "image-detail"
        /// The title or the context of a document.
        case documentTitle = "document-title"
        /// That the answer cites a document.
        case documentCitations = "document-citations"
        case messageName = "message-name"
        /// System text in mid-conversation became the user's.
        case systemPosition = "system-position"
        /// Text behind the calls of a turn moved in front of them.
        case textOrder = "text-order"
        /// The beginning of an answer that was to be continued.
        case prefill
        case hostedTool = "hosted-tool"
        /// Settings of a hosted tool.
        case hostedToolSetting = "hosted-tool-setting"
        /// More tools than the target takes.
        case toolLimit = "tool-limit"
        /// The grammar of a tool that takes free text.
        case toolGrammar = "tool-grammar"
        case toolStrict = "tool-strict"
        /// What the JSON schema of a tool or an answer demanded.
        case schema
        case toolChoice = "tool-choice"
        case parallelTools = "parallel-tools"
        case reasoning
        case reasoningDisplay = "reasoning-display"
        /// Signed or encrypted thinking of earlier turns.
        case reasoningHistory = "reasoning-history"
        case temperature
        case topP = "top-p"
        case topK = "top-k"
        case minP = "min-p"
        case seed
        case penalty
        case stop
        case maxOutput = "max-output"
        case logitBias = "logit-bias"
        case logprobs
        case verbosity
        /// The form of the answer is asked for in words only.
        case structuredOutput = "structured-output"
        case modalities
        case serviceTier = "service-tier"
        case metadata
        case user
        case promptCacheKey = "prompt-cache-key"
        case cacheRetention = "cache-retention"
        case store
        case background
        case truncation
        /// State that the provider was to keep, such as an earlier response.
        case serverState = "server-state"
    }

    package var feature: Feature
    /// Which one of several, for example the name of a field.
    package var detail: String?

    package init(_ feature: Feature, _ detail: String? = nil) {
        self.feature = feature
        self.detail = detail
    }

    private static let longestDetail = 64

    /// Whether a word may stand in a header: printable, without the characters that separate losses, and not long.
    static func isPlain(_ word: String) -> Bool {
        word.utf8.count <= longestDetail
            && word.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: ";") }
    }

    /// The word for the client: `hosted-tool`, or `field:logit_bias`.
    package var name: String { detail.map { "\(feature.rawValue):\($0)" } ?? feature.rawValue }
}
