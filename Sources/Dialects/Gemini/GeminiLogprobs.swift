import JSONCore

/// Probabilities of tokens: Gemini's `logprobsResult`, and the elements of Chat's `logprobs.content`, which events carry.
enum GeminiLogprobs {
    /// What a candidate says of its tokens, as Chat spells it; `nil` when it says nothing.
    static func read(_ candidate: JSONValue) -> JSONValue? {
        guard let result = candidate.present("logprobsResult", or: "logprobs_result"),
            let chosen = result.present("chosenCandidates", or: "chosen_candidates"), chosen.count > 0
        else { return nil }
        let top = result.present("topCandidates", or: "top_candidates").map { Array($0.elements) } ?? []
        var writer = JSONWriter()
        writer.beginArray()
        for (place, token) in chosen.elements.enumerated() {
            writer.beginObject()
            writeMembers(of: token, to: &writer)
            writer.key("top_logprobs")
            writer.beginArray()
            let others = top.indices.contains(place) ? top[place]["candidates"] : nil
            for other in others?.elements ?? JSONDocument.emptyArray.root.elements {
                writer.beginObject()
                writeMembers(of: other, to: &writer)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        return (try? JSONDocument.parse(writer.bytes))?.root
    }

    private static func writeMembers(of token: JSONValue, to writer: inout JSONWriter) {
        let text = token["token"]?.text ?? ""
        writer.member("token", text)
        writer.key("logprob")
        if let value = probability(token, "logProbability", or: "log_probability") {
            writer.raw(value)
        } else {
            writer.int(0)
        }
        writer.key("bytes")
        writer.beginArray()
        for byte in text.string.utf8 { writer.int(Int(byte)) }
        writer.endArray()
    }

    private static func probability(_ token: JSONValue, _ key: StaticString, or other: StaticString) -> JSONValue? {
        token.present(key, or: other).flatMap { $0.double == nil ? nil : $0 }
    }

    /// Writes `logprobsResult` for tokens as Chat spells them; nothing if there are none.
    static func write(_ tokens: [JSONValue], to writer: inout JSONWriter) {
        guard !tokens.isEmpty else { return }
        writer.key("logprobsResult")
        writer.beginObject()
        writer.key("topCandidates")
        writer.beginArray()
        for token in tokens {
            writer.beginObject()
            writer.key("candidates")
            writer.beginArray()
            for other in token["top_logprobs"]?.elements ?? JSONDocument.emptyArray.root.elements {
                write(other, to: &writer)
            }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        writer.key("chosenCandidates")
        writer.beginArray()
        for token in tokens { write(token, to: &writer) }
        writer.endArray()
        writer.endObject()
    }

    private static func write(_ token: JSONValue, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("token", token["token"]?.text ?? "")
        if let value = probability(token, "logprob", or: "logprob") { writer.member("logProbability", value) }
        writer.endObject()
    }
}
