import CryptoCore
import Gateway
import JSONCore
import Providers
import TimeCore

extension ModelListing {
    /// The model of a name as Ollama's clients write it, with a tag where there may be none.
    subscript(ollama name: String) -> ListedModel? { self[name] ?? OllamaTag.removed(from: name).flatMap { self[$0] } }

    /// The answer to `/api/tags`.
    var ollamaList: [UInt8] {
        JSONWriter.bytes { json in
            json.beginObject()
            json.key("models")
            json.beginArray()
            for model in models { model.writeOllama(to: &json) }
            json.endArray()
            json.endObject()
        }
    }
}

extension ListedModel {
    fileprivate func writeOllama(to json: inout JSONWriter) {
        json.beginObject()
        json.member("name", id)
        json.member("model", id)
        json.member("modified_at", createdAt.iso8601)
        // Clients insist on a number, and on something like a digest.
        json.member("size", 0)
        json.member("digest", SHA256.hash(id.utf8).hex)
        writeDetails(to: &json)
        writeAbilities(to: &json)
        json.endObject()
    }

    /// The answer to `/api/show`.
    var ollamaDetails: [UInt8] {
        JSONWriter.bytes { json in
            json.beginObject()
            json.member("license", literal: "")
            json.member("modelfile", literal: "")
            json.member("parameters", literal: "")
            json.member("template", literal: "")
            writeDetails(to: &json)
            json.key("model_info")
            json.beginObject()
            json.member("general.architecture", ownedBy)
            json.member("general.basename", name)
            if let context {
                json.member("context_length", context)
                json.key(JSONText(ownedBy + ".context_length"))
                json.int(context)
            }
            json.endObject()
            writeAbilities(to: &json)
            json.member("modified_at", createdAt.iso8601)
            json.endObject()
        }
    }

    private func writeDetails(to json: inout JSONWriter) {
        json.key("details")
        json.beginObject()
        json.member("parent_model", literal: "")
        json.member("format", literal: "openai")
        json.member("family", ownedBy)
        json.key("families")
        json.beginArray()
        json.string(ownedBy)
        json.endArray()
        json.member("parameter_size", literal: "")
        json.member("quantization_level", literal: "")
        json.endObject()
    }

    private func writeAbilities(to json: inout JSONWriter) {
        json.key("capabilities")
        json.beginArray()
        json.literal("completion")
        if capabilities.contains(.tools) { json.literal("tools") }
        if capabilities.contains(.vision) { json.literal("vision") }
        if capabilities.contains(.reasoning) { json.literal("thinking") }
        json.endArray()
    }
}
