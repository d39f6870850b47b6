import JSONCore

/// The searches of the web in an Anthropic answer, for clients of other dialects: what is two blocks here, the call and
/// what was found, is one there.
struct MessagesSearches {
    private struct Open {
        var index: Int
        var call: WebSearchCall
        /// The fragments of the input.
        var input: [UInt8] = []
    }

    /// What the start of a block says of searches.
    enum Step {
        case begun
        case finished(WebSearchCall)
    }

    /// Searches whose result has not come.
    private var open: [Open] = []

    /// Takes the start of a block; `nil` for one that has nothing to do with searches.
    mutating func take(_ block: JSONValue, at index: Int) -> Step? {
        let type = block["type"]
        if type?.equals("server_tool_use") == true, block["name"]?.equals("web_search") == true {
            let query = block["input"]?["query"]?.text ?? ""
            open.append(Open(index: index, call: WebSearchCall(id: block["id"]?.wireText ?? "", query: query)))
            return .begun
        }
        guard type?.equals("web_search_tool_result") == true else { return nil }
        let id = block["tool_use_id"]?.wireText ?? ""
        guard let place = open.firstIndex(where: { $0.call.id == id }) else { return .begun }
        var call = Self.finished(open.remove(at: place))
        // A search that failed has an object here.
        call.sources = (block["content"]?.elements ?? JSONDocument.emptyArray.root.elements).compactMap { hit in
            hit["url"]?.text.map { WebSearchCall.Source(url: $0, title: hit["title"]?.text) }
        }
        return .finished(call)
    }

    /// Takes a fragment of a search's input; false when there is no search at the place.
    mutating func take(input fragment: JSONText, at index: Int) -> Bool {
        guard let place = open.firstIndex(where: { $0.index == index }) else { return false }
        fragment.appendUnescaped(to: &open[place].input)
        return true
    }

    /// The searches whose results did not come.
    mutating func takeOpen() -> [WebSearchCall] {
        defer { open = [] }
        return open.map(Self.finished)
    }

    private static func finished(_ search: Open) -> WebSearchCall {
        var call = search.call
        if !search.input.isEmpty, let query = (try? JSONDocument.parse(search.input))?.root["query"]?.text {
            call.query = query
        }
        return call
    }
}
