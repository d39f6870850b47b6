import JSONCore

/// One piece of a turn.
enum Part {
    case text(TextPart)
    case media(Media)
    case toolCall(ToolCall)
    case toolResult(ToolResult)
    case thinking(Thinking)
    case redactedThinking(Signature)
    case refusal(JSONText)
    /// A hit of a search that the client made (Anthropic's `search_result`).
    case searchResult(JSONValue)
    /// Something of one dialect that no other can express.
    case opaque(JSONValue, Dialect)

    static func text(_ text: JSONText) -> Part { .text(TextPart(text: text)) }

    /// Whether it is text that stands for something else.
    var isNote: Bool { if case .text(let part) = self { part.isNote } else { false } }
    var isToolCall: Bool { if case .toolCall = self { true } else { false } }
    var isToolResult: Bool { if case .toolResult = self { true } else { false } }
    /// Thinking that its provider could verify or decrypt.
    var isSignedThinking: Bool {
        switch self {
        case .thinking(let thinking): thinking.signature?.isSigned ?? false
        case .redactedThinking: true
        default: false
        }
    }
    var isThinking: Bool {
        switch self {
        case .thinking, .redactedThinking: true
        default: false
        }
    }
}

struct TextPart {
    var text: JSONText
    var cache: CacheMark?
    /// Whether it stands for something that the client shows otherwise, and is no part of what the turn says.
    var isNote = false
}

/// An image, a recording or a document.
struct Media {
    enum Kind: String { case image, audio, video, document }

    enum Source {
        /// Base64 without white space, standard alphabet.
        case base64(JSONText)
        case url(JSONText)
        /// A file stored at the provider of one dialect.
        case file(JSONText, Dialect)
        /// A plain-text document.
        case text(JSONText)
        /// A document made of content blocks of one dialect.
        case blocks(JSONValue, Dialect)
    }

    var kind: Kind
    var source: Source
    /// The media type such as `image/png`; `nil` when unknown.
    var type: String?
    var filename: JSONText?
    var title: JSONText?
    var context: JSONText?
    /// How closely an image is to be looked at.
    var detail: String?
    var wantsCitations = false
    var cache: CacheMark?

    init(_ kind: Kind, _ source: Source, type: String? = nil) {
        self.kind = kind
        self.source = source
        self.type = type
    }

    /// Stands in the text where the medium cannot be sent.
    var placeholder: JSONText {
        let what = kind == .document && type == "application/pdf" ? "pdf" : kind.rawValue
        let name = (filename ?? title).map { " " + $0.string } ?? ""
        let verb = kind == .audio ? "hear" : "read"
        let objects = kind == .audio ? "audio" : kind == .video ? "video" : what == "pdf" ? "PDF files" : what + "s"
        return JSONText("[\(what)\(name) omitted: this model cannot \(verb) \(objects)]")
    }
}

/// A call of a tool by the model.
struct ToolCall {
    enum Kind: Equatable {
        case function, custom
        /// Tools that Responses clients run by their own kinds of items; the arguments are the item's action as JSON.
        case localShell, shell, applyPatch
    }

    var id: String
    var name: String
    var arguments: Arguments
    var kind = Kind.function
    /// The group of tools that a Responses client declared it in.
    var namespace: String?
    var signature: Signature?
    var cache: CacheMark?
    /// The call as the client wrote it, where its bytes are to be kept.
    var raw: JSONValue?

    /// Arguments in the spelling they came in.
    enum Arguments {
        /// A JSON object.
        case object(JSONValue)
        /// JSON text, or free text of a custom tool.
        case text(JSONText)
    }
}

/// What a tool answered.
struct ToolResult {
    var callID: String
    /// The tool's name, where a dialect repeats it.
    var name: String?
    /// Text, media and opaque parts.
    var parts: [Part]
    var isError = false
    var cache: CacheMark?
    /// The result as the client wrote it, where its bytes are to be kept.
    var raw: JSONValue?
}

/// What the model thought before it answered.
struct Thinking {
    var text: JSONText
    var signature: Signature?
}

/// The end of a prefix that the provider is to keep in its prompt cache.
struct CacheMark: Equatable {
    var isOneHour = false
}
