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
        /// Items that the input names instead of repeating them.
        package var itemIDs: [String] = []
        /// Whether the request belongs to a conversation that the provider keeps.
        package var hasConversation = false
    }

    /// A finished answer, as it is kept.
    package struct Answer: Sendable, Hashable {
        package var id: String
        /// The items of its output, as a JSON array.
        package var output: [UInt8]
        /// Whether its provider still makes it.
        package var isPending: Bool
        /// Whether the provider, if it is the provider's, says that it keeps it.
        package var isKept: Bool
    }

    package static func reference(of body: JSONDocument) -> Reference {
        let root = body.root
        let id = root.present("previous_response_id")?.string
        return Reference(
            previousID: id?.isEmpty == true ? nil : id,
            stores: root["store"]?.bool ?? true,
            itemIDs: references(in: root).map { $0.id },
            hasConversation: root.present("conversation") != nil
        )
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

    /// The request with items in place of the references to them; for an empty item there is none.
    package static func resolve(_ body: JSONDocument, references items: [String: [UInt8]]) -> JSONDocument? {
        guard !items.isEmpty else { return body }
        var editor = JSONEditor(body)
        for (place, id) in references(in: body.root) {
            guard let item = items[id], let input = body.root["input"] else { continue }
            if item.isEmpty { editor.removeElement(place, of: input) } else { editor.replace(place, with: item) }
        }
        return try? JSONDocument.parse(editor.finish())
    }

    /// Those of some items, by their identifiers, that a JSON array has.
    package static func items(_ ids: Set<String>, in list: [UInt8]) -> [String: [UInt8]] {
        guard let root = try? JSONDocument.parse(list).root else { return [:] }
        var found: [String: [UInt8]] = [:]
        for item in root.elements where !isReference(item) {
            guard let id = item["id"]?.string, ids.contains(id) else { continue }
            found[id] = Array(item.raw)
        }
        return found
    }

    /// A JSON array of items as another account takes them; `nil` if it is no array.
    ///
    /// It would look in vain for the identifiers that the first one gave, and for thinking of which no more was told.
    package static func itemsForOthers(_ list: [UInt8]) -> (items: [UInt8], leavesOutReasoning: Bool)? {
        guard let document = try? JSONDocument.parse(list), document.root.isArray else { return nil }
        let root = document.root
        var editor = JSONEditor(document)
        var leavesOutReasoning = false
        for item in root.elements where item.isObject {
            let isThinking = item["type"]?.equals("reasoning") == true
            if isThinking, item.present("encrypted_content") == nil, item.present("content")?.count ?? 0 == 0 {
                leavesOutReasoning = true
                editor.removeElement(item, of: root)
            } else if item["id"] != nil {
                editor.removeMember("id", of: item)
            }
        }
        return (editor.finish(), leavesOutReasoning)
    }

    /// The same for one item: empty if nothing of it is left.
    package static func itemForOthers(_ item: [UInt8]) -> [UInt8] {
        let rest = itemsForOthers([UInt8(ascii: "[")] + item + [UInt8(ascii: "]")])
        guard let rest, let root = try? JSONDocument.parse(rest.items).root else { return [] }
        return root.first.map { Array($0.raw) } ?? []
    }

    /// The identifier and the output of a response object; `nil` if it is none.
    package static func answer(in response: [UInt8]) -> Answer? {
        guard let root = try? JSONDocument.parse(response).root, let id = root["id"]?.wireText, !id.isEmpty,
            let output = root["output"], output.isArray
        else { return nil }
        return Answer(
            id: id,
            output: Array(output.raw),
            isPending: isPending(root),
            isKept: root["store"]?.bool != false
        )
    }

    /// Whether a response object is of an answer that its provider still makes.
    static func isPending(_ response: JSONValue) -> Bool {
        guard let status = response["status"], let id = response["id"]?.text, !id.isEmpty else { return false }
        return status.equals("queued") || status.equals("in_progress")
    }

    private static func isReference(_ item: JSONValue) -> Bool { item["type"]?.equals("item_reference") == true }

    private static func references(in root: JSONValue) -> [(place: JSONValue, id: String)] {
        guard let input = root.present("input"), input.isArray else { return [] }
        return input.elements.compactMap { item in
            guard item.isObject, isReference(item), let id = item["id"]?.string else { return nil }
            return (item, id)
        }
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
