/// Makes an object of what models and clients send as the arguments of a tool call.
public enum JSONRepair {
    /// The member that holds a text which is no object at all.
    public static let rawKey: StaticString = "_raw"

    /// The object that a text means; never fails.
    ///
    /// Tried in this order: the trimmed text as it is (empty and `null` mean no arguments); the content of a string, for
    /// doubly encoded arguments; the text without trailing commas and with its open strings and brackets closed. What is
    /// no object even then becomes `{"_raw": text}`. Number spelling and key order are kept.
    public static func object(from text: JSONText) -> JSONDocument { reading(of: text).object }

    /// The object that a model's arguments are; never fails, and never says what the model did not.
    ///
    /// Somebody may act upon it: arguments that end within a value, where the limit of an answer cut them or its provider
    /// did, become `{"_raw": text}` and not a call with half a path.
    public static func object(said text: JSONText) -> JSONDocument {
        var bytes: [UInt8] = []
        text.appendUnescaped(to: &bytes)
        return reading(bytes[...], decoding: 2, addingNothing: true)?.object ?? wrapped(text)
    }

    /// The object that a text means, and whether everything that the text says is in it.
    ///
    ///     {"a":1,      →  {"a":1}, whole
    ///     {"a": zz     →  {}, not whole
    public static func reading(of text: JSONText) -> (object: JSONDocument, isWhole: Bool) {
        var bytes: [UInt8] = []
        text.appendUnescaped(to: &bytes)
        return reading(bytes[...], decoding: 2) ?? (wrapped(text), true)
    }

    /// Whether a text is a complete JSON object as it is.
    public static func isObject(_ text: JSONText) -> Bool {
        var bytes: [UInt8] = []
        text.appendUnescaped(to: &bytes)
        return (try? JSONDocument.parse(bytes))?.root.isObject ?? false
    }

    /// The text of an object that was encoded as JSON once too often; `nil` for every other text.
    ///
    ///     "{\"a\":1}"  →  {"a":1}
    public static func decodedOnce(_ text: JSONText) -> JSONText? {
        guard text.isQuoted else { return nil }
        var bytes: [UInt8] = []
        text.appendUnescaped(to: &bytes)
        guard let inner = parsed(bytes)?.root.text, isObject(inner) else { return nil }
        return inner
    }

    private static func reading(
        _ bytes: ArraySlice<UInt8>,
        decoding levels: Int,
        addingNothing: Bool = false
    ) -> (object: JSONDocument, isWhole: Bool)? {
        let trimmed = [UInt8](trim(bytes))
        guard !trimmed.isEmpty else { return (.emptyObject, true) }
        var isWhole = true
        var found = parsed(trimmed)
        if found == nil, let mended = JSONMender.mended(trimmed), mended.addsNothing || !addingNothing {
            found = parsed(mended.text)
            isWhole = mended.keepsAll
        }
        guard let document = found else { return nil }
        switch document.root.kind {
        case .object: return (document, isWhole)
        case .null: return (.emptyObject, isWhole)
        case .string where levels > 0:
            var inner: [UInt8] = []
            document.root.text?.appendUnescaped(to: &inner)
            return reading(inner[...], decoding: levels - 1, addingNothing: addingNothing)
                .map { ($0.object, isWhole && $0.isWhole) }
        default: return nil
        }
    }

    private static func parsed(_ bytes: [UInt8]) -> JSONDocument? {
        try? JSONDocument.parse(bytes)
    }

    private static func wrapped(_ text: JSONText) -> JSONDocument {
        var writer = JSONWriter(capacity: text.utf8Count + 16)
        writer.beginObject()
        // Through a String, so that a lone surrogate cannot hide in raw escapes.
        writer.member(rawKey, text.string)
        writer.endObject()
        return parsed(writer.bytes) ?? .emptyObject
    }

    private static func trim(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes.drop { $0 <= 0x20 }
        while rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3).drop { $0 <= 0x20 } }
        while let last = rest.last, last <= 0x20 { rest.removeLast() }
        return rest
    }
}
