import JSONCore

/// A search that a provider made in an earlier answer, as text: no provider takes another one's searches.
///
/// Anthropic wants to see its own encrypted results again, and OpenAI its own items.
enum SearchNote {
    /// Adds the note to the parts of a turn, on lines of its own; a search that says nothing adds none.
    static func append(_ call: WebSearchCall, cache: CacheMark? = nil, to parts: inout [Part]) {
        guard !call.query.isEmpty || !call.sources.isEmpty else { return }
        let head: JSONText = if case .text = parts.last { "\n" } else { "" }
        let note = JSONText.joined([head, text(of: call)], separator: "")
        parts.append(.text(TextPart(text: note, cache: cache, isNote: true)))
    }

    private static func text(of call: WebSearchCall) -> JSONText {
        let title = call.query.isEmpty ? ["[web search]"] : ["[web search: ", call.query, "]"]
        let lines = call.sources.map { source in
            guard let title = source.title, !title.isEmpty, title != source.url else {
                return JSONText.joined(["- ", source.url], separator: "")
            }
            return JSONText.joined(["- ", title, ": ", source.url], separator: "")
        }
        return JSONText.joined([JSONText.joined(title, separator: "")] + lines + [""], separator: "\n")
    }
}
