import JSONCore
import SQLiteStore
import TimeCore

/// Named values of one row on their way into a table.
struct ColumnValues {
    private(set) var names: [String] = []
    private(set) var values: [SQLiteValue] = []

    subscript(_ name: String) -> SQLiteValue {
        get { names.firstIndex(of: name).map { values[$0] } ?? .null }
        set {
            if let index = names.firstIndex(of: name) {
                values[index] = newValue
            } else {
                names.append(name)
                values.append(newValue)
            }
        }
    }

    /// Inserts the row, or updates the one with the same `id`.
    ///
    /// Columns not named here keep what they have, so that a table of the original does not lose what we do not
    /// understand.
    func upsert(into table: String, _ database: Database) throws(SQLiteError) {
        let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
        let marks = names.map { _ in "?" }.joined(separator: ", ")
        let updates = names.filter { $0 != "id" }.map { "\"\($0)\" = excluded.\"\($0)\"" }.joined(separator: ", ")
        try database.execute(
            "INSERT INTO \"\(table)\" (\(list)) VALUES (\(marks)) ON CONFLICT(id) DO UPDATE SET \(updates)",
            values
        )
    }
}

extension SQLiteValue {
    init(_ time: WallTime?) { self.init(time?.iso8601) }

    init(json document: JSONDocument?) { self.init(document.map { String(decoding: $0.bytes, as: UTF8.self) }) }

    /// A JSON array of strings.
    init(list: [String]) {
        var writer = JSONWriter()
        writer.beginArray()
        for element in list { writer.string(element) }
        writer.endArray()
        self = .text(String(decoding: writer.bytes, as: UTF8.self))
    }
}

extension Row {
    /// A point in time: ISO 8601, SQLite's own form, or milliseconds or seconds since 1970.
    func time(_ name: String) -> WallTime? {
        guard let text = text(name), !text.isEmpty else { return nil }
        if let time = WallTime(iso8601: text) { return time }
        guard let number = Int64(text), number > 0 else { return nil }
        return number > 100_000_000_000 ? WallTime(milliseconds: number) : WallTime(unixSeconds: Int(number))
    }

    /// A JSON object; nil for anything else.
    func jsonObject(_ name: String) -> JSONDocument? {
        guard let text = text(name), let document = try? JSONDocument.parse(text: text), document.root.isObject else {
            return nil
        }
        return document
    }

    /// A JSON value of any kind; nil when there is none or it cannot be parsed.
    func json(_ name: String) -> JSONDocument? {
        guard let text = text(name) else { return nil }
        return try? JSONDocument.parse(text: text)
    }

    /// The strings of a JSON array; nil when there is none.
    func stringList(_ name: String) -> [String]? {
        guard let root = json(name)?.root, root.isArray else { return nil }
        return root.elements.compactMap(\.string)
    }

    /// Text that is not empty.
    func nonEmptyText(_ name: String) -> String? { text(name).flatMap { $0.isEmpty ? nil : $0 } }
}
