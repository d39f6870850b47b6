import Dialects
import Gate
import Gateway
import HTTPCore
import HTTPServer
import JSONCore

/// The routes about responses that were answered before, and what else is said of Responses without an answer of a model.
struct ResponsesAPI: Sendable {
    let api: ClientAPI

    func retrieve(_ call: Call) async throws {
        if call.request.head.target.queryValue("stream") == "true" {
            throw Failure(
                .unsupported,
                "A stored response is shown as a whole only",
                code: "unsupported_parameter",
                param: "stream"
            )
        }
        call.respond(.json(try await api.gateway.retrieve(call[parameter: "id"], try request(call))))
    }

    func delete(_ call: Call) async throws {
        let id = call[parameter: "id"]
        try await api.gateway.delete(id, try request(call))
        call.respond(
            .json(
                JSONWriter.bytes { json in
                    json.beginObject()
                    json.member("id", id)
                    json.member("object", "response")
                    json.member("deleted", true)
                    json.endObject()
                }
            )
        )
    }

    func cancel(_ call: Call) async throws {
        call.respond(.json(try await api.gateway.cancel(call[parameter: "id"], try request(call))))
    }

    func listInput(_ call: Call) async throws {
        let stored = try api.gateway.storedResponse(call[parameter: "id"], try request(call))
        let page = try InputPage(call.request.head.target)
        call.respond(.json(try InputItems(of: stored).list(page)))
    }

    /// Shortens a conversation, which only providers of the dialect can do.
    func compact(_ call: Call) async throws {
        let answer = try await api.gateway.compact(try api.chatRequest(call, .openAIResponses))
        call.respond(.json(answer))
    }

    private func request(_ call: Call) throws(Failure) -> ChatRequest {
        try api.chatRequest(call, .openAIResponses)
    }
}

/// Which part of a list of items a client asks for.
struct InputPage: Equatable {
    var limit = 20
    var isAscending = false
    var after: String?

    init(_ target: RequestTarget) throws(Failure) {
        after = target.queryValue("after")
        if let text = target.queryValue("limit") {
            guard let number = Int(text), (1...100).contains(number) else {
                throw Failure(.invalidRequest, "limit must be a number from 1 to 100", param: "limit")
            }
            limit = number
        }
        switch target.queryValue("order") {
        case nil, "desc": break
        case "asc": isAscending = true
        default: throw Failure(.invalidRequest, "order must be asc or desc", param: "order")
        }
    }
}

/// The items that led to a response, each with an id.
struct InputItems {
    private struct Item {
        let id: String
        let json: [UInt8]
    }

    private let items: [Item]

    init(of stored: StoredResponse) throws(Failure) {
        guard let list = try? JSONDocument.parse(stored.input) else {
            throw Failure(.server, "The items cannot be read")
        }
        items = list.root.elements.enumerated().map { index, item in InputItems.named(item, stored.id, index) }
    }

    /// An item as it is, with an id that is always the same for it if the client gave none.
    private static func named(_ item: JSONValue, _ response: String, _ index: Int) -> Item {
        if let id = item["id"]?.string, !id.isEmpty { return Item(id: id, json: Array(item.raw)) }
        let id = "item_\(response.drop { $0 != "_" }.dropFirst())_\(index)"
        let json = JSONWriter.bytes { json in
            json.beginObject()
            json.member("id", id)
            if item["type"] == nil { json.member("type", "message") }
            for (key, value) in item.members where !key.equals("id") {
                json.key(key)
                if key.equals("content"), let text = value.text {
                    write(text, isAnswer: item["role"]?.equals("assistant") == true, to: &json)
                } else {
                    json.raw(value)
                }
            }
            json.endObject()
        }
        return Item(id: id, json: json)
    }

    /// A text as the one part of a message: the list shows no other form.
    private static func write(_ text: JSONText, isAnswer: Bool, to json: inout JSONWriter) {
        json.beginArray()
        json.beginObject()
        json.member("type", literal: isAnswer ? "output_text" : "input_text")
        json.member("text", text)
        json.endObject()
        json.endArray()
    }

    func list(_ page: InputPage) throws(Failure) -> [UInt8] {
        var ordered = (page.isAscending ? items : items.reversed())[...]
        if let after = page.after {
            guard let place = ordered.firstIndex(where: { $0.id == after }) else {
                throw Failure(.invalidRequest, "There is no item with the id that after names", param: "after")
            }
            ordered = ordered[(place + 1)...]
        }
        let shown = ordered.prefix(page.limit)
        return JSONWriter.bytes { json in
            json.beginObject()
            json.member("object", "list")
            json.key("data")
            json.beginArray()
            for item in shown { json.raw(bytes: item.json) }
            json.endArray()
            for (key, item) in [("first_id", shown.first), ("last_id", shown.last)] as [(StaticString, Item?)] {
                if let item { json.member(key, item.id) } else { json.memberNull(key) }
            }
            json.member("has_more", shown.count < ordered.count)
            json.endObject()
        }
    }
}
