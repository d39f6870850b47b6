import JSONCore

/// An item of a provider's output while it is read.
struct ResponsesReadItem {
    enum Kind {
        case message, reasoning, function, custom, localShell, shell, applyPatch
        /// A call that the provider answered itself, or something unknown.
        case hosted

        init(_ json: JSONValue) {
            switch json["type"]?.string {
            case "message": self = .message
            case nil: self = json["content"] == nil ? .hosted : .message
            case "reasoning": self = .reasoning
            case "function_call": self = .function
            case "custom_tool_call": self = .custom
            case "local_shell_call": self = .localShell
            case "shell_call": self = .shell
            case "apply_patch_call": self = .applyPatch
            default: self = .hosted
            }
        }

        var isCall: Bool { callKind != .function || self == .function }

        var callKind: ToolCall.Kind {
            switch self {
            case .custom: .custom
            case .localShell: .localShell
            case .shell: .shell
            case .applyPatch: .applyPatch
            case .message, .reasoning, .function, .hosted: .function
            }
        }

        /// The name of tools that have no other.
        var ownName: String? {
            switch self {
            case .localShell, .shell: ResponsesTools.shell
            case .applyPatch: ResponsesTools.applyPatch
            case .message, .reasoning, .function, .custom, .hosted: nil
            }
        }
    }

    /// One part of the content, or all arguments of a call.
    struct Part {
        var number: Int
        var block: Int?
        /// How many bytes have been taken, counted without escapes.
        var length = 0
        var citations = 0

        /// What is new of a delta, or of the whole text.
        mutating func take(_ text: JSONText, isWhole: Bool) -> JSONText? {
            guard !text.isEmpty else { return nil }
            var bytes: [UInt8] = []
            text.appendUnescaped(to: &bytes)
            guard isWhole else {
                length += bytes.count
                return text
            }
            guard bytes.count > length else { return nil }
            let rest = bytes[length...]
            let isFirst = length == 0
            length = bytes.count
            return isFirst ? text : JSONText(String(decoding: rest, as: UTF8.self))
        }
    }

    let kind: Kind
    let index: Int?
    var id: String?
    /// The call's identifier, once the call is known.
    var callID: String?
    private(set) var held: [UInt8] = []
    var parts: [Part] = []
    /// Whether the item's thinking is its summary; `nil` while none has come.
    var showsSummary: Bool?
    var isClosed = false
    var isSkipped = false

    init(kind: Kind, index: Int?, id: String?) {
        self.kind = kind
        self.index = index
        self.id = id
    }

    /// The place of a part in `parts`; it is added if it is new.
    mutating func part(_ number: Int) -> Int {
        if let place = parts.firstIndex(where: { $0.number == number }) { return place }
        parts.append(Part(number: number))
        return parts.count - 1
    }

    /// Keeps arguments of a call that has no name yet.
    mutating func hold(_ text: JSONText) { text.appendEscaped(to: &held) }

    mutating func takeHeld() -> JSONText? {
        defer { held = [] }
        return held.isEmpty ? nil : JSONText(rawEscaped: held)
    }
}
