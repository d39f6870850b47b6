import JSONCore

/// Takes credentials out of what is written into the audit log.
enum AuditRedaction {
    /// The document with `[redacted]` in place of every value under a telling name.
    static func redacted(_ document: JSONDocument) -> String {
        var writer = JSONWriter()
        write(document.root, to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func write(_ value: JSONValue, to writer: inout JSONWriter) {
        switch value.kind {
        case .object:
            writer.beginObject()
            for (key, member) in value.members {
                writer.key(key)
                if isTelling(key.string), !member.isNull, !member.isBool {
                    writer.string("[redacted]")
                } else {
                    write(member, to: &writer)
                }
            }
            writer.endObject()
        case .array:
            writer.beginArray()
            for element in value.elements { write(element, to: &writer) }
            writer.endArray()
        default: writer.raw(value)
        }
    }

    private static func isTelling(_ name: String) -> Bool {
        let plain = name.lowercased().filter { $0 != "_" && $0 != "-" }
        let telling = [
            "password", "token", "secret", "apikey", "authorization", "cookie", "credential", "privatekey", "signature",
        ]
        // Counts and limits of tokens are no tokens.
        return telling.contains { plain.contains($0) } && !plain.hasSuffix("tokens") && !plain.hasSuffix("buffer")
    }
}
