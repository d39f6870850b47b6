import JSONCore
import Providers

extension ListedModel {
    /// What Gemini's clients are told of a model whose limits are unknown.
    private static let usualInput = 128_000
    private static let usualOutput = 8_192

    var gemini: [UInt8] { JSONWriter.bytes { writeGemini(to: &$0) } }

    func writeGemini(to json: inout JSONWriter) {
        json.beginObject()
        json.member("name", "models/" + id)
        json.member("version", literal: "001")
        json.member("displayName", name)
        json.member("description", ownedBy + "/" + name)
        json.member("inputTokenLimit", context ?? Self.usualInput)
        json.member("outputTokenLimit", maxOutput ?? Self.usualOutput)
        json.key("supportedGenerationMethods")
        json.beginArray()
        json.literal("generateContent")
        json.literal("streamGenerateContent")
        json.literal("countTokens")
        json.endArray()
        if capabilities.contains(.reasoning) { json.member("thinking", true) }
        json.endObject()
    }
}

extension ModelListing {
    /// A part of the list, and the token that asks for the next one.
    func geminiList(_ page: GeminiPage) -> [UInt8] {
        let rest = models.dropFirst(page.start)
        return JSONWriter.bytes { json in
            json.beginObject()
            json.key("models")
            json.beginArray()
            for model in rest.prefix(page.size) { model.writeGemini(to: &json) }
            json.endArray()
            if rest.count > page.size { json.member("nextPageToken", String(page.start + page.size)) }
            json.endObject()
        }
    }
}
