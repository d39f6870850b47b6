import HTTPCore
import HTTPServer
import JSONCore
import TimeCore

extension Response {
    /// A JSON object, written by `body`.
    static func object(_ status: HTTPStatus = .ok, _ body: (inout JSONWriter) -> Void) -> Response {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        body(&writer)
        writer.endObject()
        return .json(writer.bytes, status: status)
    }

    /// Serves `{"success":true}`.
    static let success = Response.object { $0.member("success", true) }
}

extension JSONWriter {
    /// A member that is left out when it is `nil`.
    mutating func optional(_ key: StaticString, _ value: String?) {
        if let value { member(key, value) }
    }

    mutating func optional(_ key: StaticString, _ value: Int?) {
        if let value { member(key, value) }
    }

    mutating func optional(_ key: StaticString, _ value: WallTime?) {
        if let value { member(key, value.iso8601) }
    }

    /// A member that is `null` when there is nothing.
    mutating func nullable(_ key: StaticString, _ value: String?) {
        if let value { member(key, value) } else { memberNull(key) }
    }

    mutating func nullable(_ key: StaticString, _ value: Int?) {
        if let value { member(key, value) } else { memberNull(key) }
    }

    mutating func nullable(_ key: StaticString, _ value: Double?) {
        if let value { member(key, value) } else { memberNull(key) }
    }

    mutating func nullable(_ key: StaticString, _ value: WallTime?) {
        nullable(key, value?.iso8601)
    }

    /// A member that is an object, written by `body`.
    mutating func object(_ key: StaticString, _ body: (inout JSONWriter) -> Void) {
        self.key(key)
        beginObject()
        body(&self)
        endObject()
    }

    /// A member that is a list, one element per item.
    mutating func list<Items: Sequence>(
        _ key: StaticString,
        _ items: Items,
        _ write: (inout JSONWriter, Items.Element) -> Void
    ) {
        self.key(key)
        beginArray()
        for item in items { write(&self, item) }
        endArray()
    }

    /// A member that is a list of texts.
    mutating func texts(_ key: StaticString, _ items: some Sequence<String>) {
        list(key, items) { $0.string($1) }
    }
}
