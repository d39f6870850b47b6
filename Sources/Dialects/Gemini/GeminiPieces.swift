import JSONCore

/// Parts of Gemini's answers.
enum GeminiParts {
    static func write(
        _ text: JSONText,
        isThought: Bool = false,
        _ signature: Signature? = nil,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("text", text)
        if isThought { writer.member("thought", true) }
        write(signature, to: &writer)
        writer.endObject()
    }

    static func write(_ signature: Signature?, to writer: inout JSONWriter) {
        guard let signature, signature.isSigned else { return }
        writer.member("thoughtSignature", GeminiSignature.text(of: signature))
    }

    /// A call with its whole arguments, which are mended if need be.
    static func write(
        call id: String,
        name: String,
        kind: ToolCall.Kind,
        arguments: JSONText,
        _ signature: Signature?,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.key("functionCall")
        writer.beginObject()
        writer.member("id", id)
        writer.member("name", name)
        writer.key("args")
        if kind == .custom {
            writer.beginObject()
            writer.member("input", arguments)
            writer.endObject()
        } else {
            writer.raw(bytes: JSONRepair.object(said: arguments).bytes)
        }
        writer.endObject()
        write(signature, to: &writer)
        writer.endObject()
    }
}

/// The sources of an answer as Gemini tells them.
struct GeminiSources {
    private var citations: [(citation: Citation, range: Range<Int>)] = []
    private var queries: [JSONText] = []
    private var sources: [WebSearchCall.Source] = []

    var isEmpty: Bool { citations.isEmpty && queries.isEmpty }

    /// Adds a citation of a text, whose place in bytes is `range`.
    mutating func add(_ citation: Citation, in range: Range<Int>) {
        if citation.url != nil { citations.append((citation, range)) }
    }

    mutating func add(_ search: WebSearchCall) {
        if !search.query.isEmpty { queries.append(search.query) }
        sources += search.sources
    }

    /// Writes `groundingMetadata`; `text` is the choice's whole text, in which places are counted.
    func write(text: [UInt8], to writer: inout JSONWriter) {
        guard !isEmpty else { return }
        writer.key("groundingMetadata")
        writer.beginObject()
        if !queries.isEmpty {
            writer.key("webSearchQueries")
            writer.beginArray()
            for query in queries { writer.text(query) }
            writer.endArray()
        }
        writeChunks(to: &writer)
        writeSupports(text, to: &writer)
        writer.endObject()
    }

    private func writeChunks(to writer: inout JSONWriter) {
        let cited = citations.map { ($0.citation.url ?? "", $0.citation.title) }
        let chunks = cited.isEmpty ? sources.map { ($0.url, $0.title) } : cited
        writer.key("groundingChunks")
        writer.beginArray()
        for (url, title) in chunks {
            writer.beginObject()
            writer.key("web")
            writer.beginObject()
            writer.member("uri", url)
            if let title { writer.member("title", title) }
            writer.endObject()
            writer.endObject()
        }
        writer.endArray()
    }

    private func writeSupports(_ text: [UInt8], to writer: inout JSONWriter) {
        guard !citations.isEmpty else { return }
        writer.key("groundingSupports")
        writer.beginArray()
        for (number, entry) in citations.enumerated() {
            let range = Self.bytes(of: entry.citation, in: text) ?? entry.range
            writer.beginObject()
            writer.key("segment")
            writer.beginObject()
            writer.member("startIndex", range.lowerBound)
            writer.member("endIndex", range.upperBound)
            writer.endObject()
            writer.key("groundingChunkIndices")
            writer.beginArray()
            writer.int(number)
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
    }

    /// A citation's place, which is counted in characters, in bytes.
    private static func bytes(of citation: Citation, in text: [UInt8]) -> Range<Int>? {
        guard let start = citation.start, let end = citation.end, start >= 0, end > start else { return nil }
        let starts = text.indices.filter { text[$0] & 0xC0 != 0x80 } + [text.count]
        guard end < starts.count else { return nil }
        return starts[start]..<starts[end]
    }
}
