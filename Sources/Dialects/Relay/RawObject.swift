import JSONCore

extension JSONWriter {
    /// Writes an object of a document with some members replaced, added or (with `nil`) left out; all others keep their
    /// bytes.
    mutating func object(_ original: JSONValue, changing changes: [(key: StaticString, value: [UInt8]?)]) {
        beginObject()
        for (key, value) in original.members {
            if let change = changes.first(where: { key.equals($0.key) }) {
                guard let bytes = change.value else { continue }
                self.key(key)
                raw(bytes: bytes)
            } else {
                self.key(key)
                raw(value)
            }
        }
        for change in changes where original[change.key] == nil {
            guard let bytes = change.value else { continue }
            self.key(change.key)
            raw(bytes: bytes)
        }
        endObject()
    }
}
