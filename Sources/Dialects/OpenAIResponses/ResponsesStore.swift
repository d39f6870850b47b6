package import JSONCore

/// What a store of earlier responses needs to know of requests and answers, so that `previous_response_id` works with
/// every provider.
package enum ResponsesStore {
    /// What a request says about the store.
    package struct Reference: Sendable, Hashable {
        /// The response that the request goes on from.
        package var previousID: String?
        /// Whether the answer is to be kept; Responses keeps unless told otherwise.
        package var stores: Bool
    }

    /// A finished answer, as it is kept.
    package struct Answer: Sendable, Hashable {
        package var id: String
        /// The items of its output, as a JSON array.
        package var output: [UInt8]
    }

    package static func reference(of body: JSONDocument) -> Reference {
        let id = body.root.present("previous_response_id")?.string
        return Reference(previousID: id?.isEmpty == true ? nil : id, stores: body.root["store"]?.bool ?? true)
    }

    /// The items of a request's input, as a JSON array.
    package static func inputItems(of body: JSONDocument) -> [UInt8] {
        array(items(of: body.root))
    }

    /// The request with the items of earlier requests and answers in front of its own, and without its reference.
    ///
    /// Each of `priorItems` is a JSON array, the oldest first. `nil` if one is none.
    package static func resolve(_ body: JSONDocument, priorItems: [[UInt8]]) -> JSONDocument? {
        var all: [[UInt8]] = []
        for list in priorItems {
            guard let document = try? JSONDocument.parse(list), document.root.isArray else { return nil }
            all += document.root.elements.map { Array($0.raw) }
        }
        var editor = JSONEditor(body)
        editor.setMember("input", of: body.root, to: array(all + items(of: body.root)))
        editor.removeMember("previous_response_id", of: body.root)
        return try? JSONDocument.parse(editor.finish())
    }

    /// The identifier and the output of a finished response object; `nil` if it is none.
    package static func answer(in response: [UInt8]) -> Answer? {
        guard let root = try? JSONDocument.parse(response).root, let id = root["id"]?.wireText, !id.isEmpty,
            let output = root["output"], output.isArray
        else { return nil }
        return Answer(id: id, output: Array(output.raw))
    }

    private static func items(of root: JSONValue) -> [[UInt8]] {
        guard let input = root.present("input") else { return [] }
        if input.isArray { return input.elements.map { Array($0.raw) } }
        guard let text = input.text else { return input.isObject ? [Array(input.raw)] : [] }
        guard !text.isEmpty else { return [] }
        let message = ResponsesItem.object { writer in
            writer.member("type", literal: "message")
            writer.member("role", literal: "user")
            writer.member("content", text)
        }
        return [message]
    }

    private static func array(_ items: [[UInt8]]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for item in items { writer.raw(bytes: item) }
        writer.endArray()
        return writer.bytes
    }
}
