package import JSONCore

/// `/api/generate`: a prompt instead of messages.
package enum OllamaGenerate {
    /// The chat body that asks for the same; an empty prompt becomes no messages, which is a load call.
    ///
    /// What a chat has no place for (`suffix`, `raw`, `template`, `context`) stays in the body when it was asked for, so
    /// that its translation notes the loss.
    package static func chatBody(from body: JSONDocument) throws(DialectError) -> JSONDocument {
        let root = body.root
        guard root.isObject else { throw DialectError("the request body must be a JSON object") }
        let prompt = try text("prompt", of: root)
        let system = try text("system", of: root)
        let images = root.present("images")
        var writer = JSONWriter(capacity: body.bytes.count + 128)
        writer.beginObject()
        for (key, value) in root.members where isKept(key, value) {
            writer.key(key)
            writer.raw(value)
        }
        writer.key("messages")
        writer.beginArray()
        if let prompt, !prompt.isEmpty {
            if let system, !system.isEmpty { write(system, role: "system", images: nil, to: &writer) }
            write(prompt, role: "user", images: images, to: &writer)
        }
        writer.endArray()
        writer.endObject()
        guard let document = try? JSONDocument.parse(writer.bytes) else {
            throw DialectError("the request body cannot be read")
        }
        return document
    }

    private static func text(_ key: StaticString, of root: JSONValue) throws(DialectError) -> JSONText? {
        guard let value = root.present(key) else { return nil }
        guard let text = value.text else { throw DialectError("\(key) must be a string", param: "\(key)") }
        return text
    }

    private static let replaced: [StaticString] = ["prompt", "system", "images", "messages"]
    /// What no chat knows, and means nothing when it is empty or false.
    static let unknownToChat: [StaticString] = ["suffix", "raw", "template", "context"]

    private static func isKept(_ key: JSONText, _ value: JSONValue) -> Bool {
        if replaced.contains(where: key.equals) { return false }
        guard unknownToChat.contains(where: key.equals) else { return true }
        let isUnsaid = value.isNull || value.bool == false || value.text?.isEmpty == true
        return !isUnsaid && !(value.isArray && value.count == 0)
    }

    private static func write(_ text: JSONText, role: StaticString, images: JSONValue?, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("role", literal: role)
        writer.member("content", text)
        if let images { writer.member("images", images) }
        writer.endObject()
    }
}
