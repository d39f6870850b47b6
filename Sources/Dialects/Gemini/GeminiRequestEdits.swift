import JSONCore

/// The request of a Gemini client for a Gemini target: the client's bytes, edited where the target needs it.
struct GeminiRequestEdits {
    private let root: JSONValue
    private let profile: TargetProfile
    private var editor: JSONEditor
    /// Whether a signature was left out that the target cannot read.
    private var leavesOutReasoning = false

    static func apply(
        to body: JSONDocument,
        profile: TargetProfile,
        context: inout TranslationContext
    ) -> [UInt8] {
        var edits = GeminiRequestEdits(root: body.root, profile: profile, editor: JSONEditor(body))
        edits.edit()
        if edits.leavesOutReasoning { context.lose(.reasoningHistory) }
        return edits.editor.finish()
    }

    /// Whether a request lets the model search the web, so that its answer has sources.
    static func searches(_ root: JSONValue) -> Bool {
        root["tools"]?.elements.contains { $0.present("googleSearch", or: "google_search") != nil } ?? false
    }

    private init(root: JSONValue, profile: TargetProfile, editor: JSONEditor) {
        self.root = root
        self.profile = profile
        self.editor = editor
    }

    private mutating func edit() {
        // Both are said by the URL, and the API refuses members that it does not know.
        for field in ["model", "stream"] + StreamFlag.aliases.map(\.description) where root.member(field) != nil {
            editor.removeMember(field, of: root)
        }
        for field in profile.stripFields { editor.removeMember(field, of: root) }
        editLimit()
        guard let contents = root["contents"], contents.isArray else { return }
        for content in contents.elements where content["parts"]?.isArray == true {
            for part in content["parts"]?.elements ?? JSONDocument.emptyArray.root.elements where part.isObject {
                editSignature(of: part)
                if !profile.callIDs { removeIDs(of: part) }
            }
        }
    }

    private mutating func editLimit() {
        guard let config = root.present("generationConfig", or: "generation_config"), let most = profile.maxOutput,
            let limit = config.present("maxOutputTokens", or: "max_output_tokens"), let wanted = limit.int,
            wanted > most
        else { return }
        editor.replace(limit, with: JSONLiteral.int(most))
    }

    /// Vertex knows no identifiers of calls: it pairs them with their results by name and order.
    private mutating func removeIDs(of part: JSONValue) {
        for key in ["functionCall", "function_call", "functionResponse", "function_response"] as [StaticString] {
            guard let json = part[key], json["id"] != nil else { continue }
            editor.removeMember("id", of: json)
        }
    }

    /// What Gemini signed itself stays; a carrier is unpacked for the family that can read it, and goes otherwise.
    private mutating func editSignature(of part: JSONValue) {
        guard let value = part.present("thoughtSignature", or: "thought_signature"),
            let signature = GeminiSignature.read(part, native: .gemini)
        else { return }
        let raw = JSONLiteral.quoted(signature.data)
        let isCarrier = signature.family != .gemini || !value.raw.elementsEqual(raw)
        guard isCarrier else { return }
        if signature.isSigned, signature.family == profile.signatureFamily {
            editor.replace(value, with: raw)
        } else {
            leavesOutReasoning = leavesOutReasoning || signature.isSigned
            for key in ["thoughtSignature", "thought_signature"] where part.member(key) != nil {
                editor.removeMember(key, of: part)
            }
        }
    }
}
