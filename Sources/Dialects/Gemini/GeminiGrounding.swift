import JSONCore

/// What a candidate says about its sources.
struct GeminiGrounding {
    private var metadata: JSONValue?
    private var citationSources: JSONValue?
    /// The text so far; places are counted in its bytes.
    private var text: [UInt8] = []

    /// Takes text in, to find places in it.
    mutating func count(_ text: JSONText) { text.appendUnescaped(to: &self.text) }

    mutating func read(_ candidate: JSONValue) {
        if let later = candidate.present("groundingMetadata", or: "grounding_metadata") { metadata = later }
        guard let later = candidate.present("citationMetadata", or: "citation_metadata") else { return }
        citationSources = later.present("citationSources", or: "citation_sources") ?? later.present("citations")
    }

    /// The sources of the text, each at its place.
    var citations: [Citation] { groundedCitations + quotations }

    private var chunks: [JSONValue] {
        let chunks = metadata?.present("groundingChunks", or: "grounding_chunks")?.elements
        return chunks?.map { $0.present("web") ?? $0.present("retrievedContext", or: "retrieved_context") ?? $0 } ?? []
    }

    private var groundedCitations: [Citation] {
        let chunks = chunks
        let supports = metadata?.present("groundingSupports", or: "grounding_supports")
        guard let supports, supports.count > 0 else { return chunks.compactMap { citation($0, nil, nil) } }
        return supports.elements.flatMap { support -> [Citation] in
            let segment = support.present("segment")
            let start = place(segment?.present("startIndex", or: "start_index")?.int ?? 0)
            let end = segment?.present("endIndex", or: "end_index")?.int.map(place)
            let places = support.present("groundingChunkIndices", or: "grounding_chunk_indices")?.elements
            return places?.compactMap { number in
                guard let number = number.int, chunks.indices.contains(number) else { return nil }
                return citation(chunks[number], start, end)
            } ?? []
        }
    }

    private func citation(_ chunk: JSONValue, _ start: Int?, _ end: Int?) -> Citation? {
        guard let url = chunk.present("uri")?.text else { return nil }
        return Citation(
            url: url,
            title: chunk.present("title")?.text,
            start: start,
            end: end,
            raw: chunk,
            origin: .gemini
        )
    }

    private var quotations: [Citation] {
        citationSources?.elements.compactMap { source in
            let start = source.present("startIndex", or: "start_index")?.int.map(place)
            let end = source.present("endIndex", or: "end_index")?.int.map(place)
            return citation(source, start, end)
        } ?? []
    }

    /// A place in bytes as one in characters.
    private func place(_ bytes: Int) -> Int {
        let limit = max(0, min(bytes, text.count))
        return text[..<limit].count { $0 & 0xC0 != 0x80 }
    }

    /// Whether a call of a tool that the server runs is a search of the web.
    static func isSearch(_ call: JSONValue) -> Bool {
        (call["toolType"] ?? call["tool_type"])?.equals("GOOGLE_SEARCH_WEB") == true
    }

    /// What such a call says; what it found is told elsewhere.
    static func search(_ call: JSONValue) -> WebSearchCall {
        let queries = call.present("args")?.present("queries")?.elements.compactMap(\.text) ?? []
        return WebSearchCall(id: "", query: JSONText.joined(queries, separator: "; "))
    }

    /// The search that the model made, if it made one.
    func search(id: () -> String) -> WebSearchCall? {
        let queries = metadata?.present("webSearchQueries", or: "web_search_queries")?.elements.compactMap(\.text) ?? []
        guard !queries.isEmpty else { return nil }
        var call = WebSearchCall(id: "ws_" + id(), query: JSONText.joined(queries, separator: "; "))
        call.sources = chunks.compactMap { chunk in
            chunk.present("uri")?.text.map { WebSearchCall.Source(url: $0, title: chunk.present("title")?.text) }
        }
        return call
    }
}
