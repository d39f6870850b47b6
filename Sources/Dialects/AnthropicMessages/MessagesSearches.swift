import JSONCore

/// The searches of the web in Anthropic's blocks, for other dialects: what is two blocks here, the call and what was
/// found, is one there.
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
        /// What was found by a search that is not known.
        case found(WebSearchCall)
    }

    /// Searches in their order; those whose result has come are gone.
    private var open: [Open?] = []
    /// The places of those whose result has not come.
    private var places: [String: [Int]] = [:]

    /// Takes the start of a block; `nil` for one that has nothing to do with searches.
    mutating func take(_ block: JSONValue, at index: Int) -> Step? {
        let type = block["type"]
        if type?.equals("server_tool_use") == true, block["name"]?.equals("web_search") == true {
            let query = block["input"]?["query"]?.text ?? ""
            let call = WebSearchCall(id: block["id"]?.wireText ?? "", query: query)
            places[call.id, default: []].append(open.count)
            open.append(Open(index: index, call: call))
            return .begun
        }
        guard type?.equals("web_search_tool_result") == true else { return nil }
        let id = block["tool_use_id"]?.wireText ?? ""
        let known = places[id]?.popLast().flatMap { place in
            defer { open[place] = nil }
            return open[place].map(Self.finished)
        }
        var call = known ?? WebSearchCall(id: id, query: "")
        call.sources = Self.hits(of: block).compactMap { hit in
            hit["url"]?.text.map { WebSearchCall.Source(url: $0, title: hit["title"]?.text) }
        }
        return known == nil ? .found(call) : .finished(call)
    }

    /// What a search found; one that failed has an object in its place.
    private static func hits(of block: JSONValue) -> JSONElements {
        (block["content"] ?? JSONDocument.emptyArray.root).elements
    }

    /// Takes a fragment of a search's input; false when there is no search at the place.
    mutating func take(input fragment: JSONText, at index: Int) -> Bool {
        guard let place = open.lastIndex(where: { $0?.index == index }) else { return false }
        var input: [UInt8] = []
        fragment.appendUnescaped(to: &input)
        open[place]?.input += input
        return true
    }

    /// The searches whose results did not come.
    mutating func takeOpen() -> [WebSearchCall] {
        defer { (open, places) = ([], [:]) }
        return open.compactMap { $0.map(Self.finished) }
    }

    // MARK: - Searches of earlier answers

    /// The parts of a turn with a note in the place of each search, and what is lost with it.
    mutating func noted(_ parts: [Part]) -> (parts: [Part], lost: [String]) {
        guard parts.contains(where: { Self.block($0).map(Self.isOfSearch) ?? false }) else { return (parts, []) }
        var out: [Part] = []
        var lost: [String] = []
        for part in parts {
            guard let block = Self.block(part), let step = take(block, at: -1) else {
                out.append(part)
                continue
            }
            switch step {
            case .begun: break
            case .finished(let search), .found(let search):
                SearchNote.append(search, cache: CacheMark(of: block), to: &out)
                if !Self.isOwn(block) { lost.append("web_search_tool_result") }
            }
        }
        return (out, lost)
    }

    /// The same for the searches alone that are blocks only because this gateway made them so, which Anthropic refuses.
    mutating func ownNoted(_ parts: [Part]) -> [Part] {
        let own = Set(parts.lazy.compactMap(Self.block).filter(Self.isOwn).compactMap(Self.searchID))
        guard !own.isEmpty else { return parts }
        var out: [Part] = []
        for part in parts {
            guard let block = Self.block(part), let id = Self.searchID(of: block), own.contains(id) else {
                out.append(part)
                continue
            }
            out += noted([part]).parts
        }
        return out
    }

    private static func block(_ part: Part) -> JSONValue? {
        if case .opaque(let block, .anthropicMessages) = part { block } else { nil }
    }

    private static func isOfSearch(_ block: JSONValue) -> Bool { searchID(of: block) != nil }

    /// The id of the search that a block belongs to.
    private static func searchID(of block: JSONValue) -> String? {
        let type = block["type"]
        if type?.equals("web_search_tool_result") == true { return block["tool_use_id"]?.wireText ?? "" }
        guard type?.equals("server_tool_use") == true, block["name"]?.equals("web_search") == true else { return nil }
        return block["id"]?.wireText ?? ""
    }

    /// Whether a block of a search was made here: its id says so, or what Anthropic encrypts is empty.
    private static func isOwn(_ block: JSONValue) -> Bool {
        if searchID(of: block)?.hasPrefix(MessagesBlocks.ownSearch) == true { return true }
        guard block["type"]?.equals("web_search_tool_result") == true else { return false }
        var hits = hits(of: block).makeIterator()
        guard let first = hits.next() else { return false }
        return isUnencrypted(first) && IteratorSequence(hits).allSatisfy(isUnencrypted)
    }

    private static func isUnencrypted(_ hit: JSONValue) -> Bool { hit["encrypted_content"]?.text?.isEmpty == true }

    private static func finished(_ search: Open) -> WebSearchCall {
        var call = search.call
        if !search.input.isEmpty, let query = (try? JSONDocument.parse(search.input))?.root["query"]?.text {
            call.query = query
        }
        return call
    }
}
