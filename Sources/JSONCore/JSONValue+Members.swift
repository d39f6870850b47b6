extension JSONValue {
    /// The member with this key; of duplicates the last.
    ///
    /// `nil` if there is none or this is no object. A member that is JSON `null` is returned: see ``present(_:)``.
    public subscript(_ key: StaticString) -> JSONValue? {
        if index == 0, SimdJSON.lacks(key, document.rootKeys) { return nil }
        guard isObject, let found = key.withUTF8Buffer({ SimdJSON.find($0, in: index, of: document) }) else {
            return nil
        }
        return JSONValue(document: document, index: found)
    }

    /// The member with a key that is not known at compile time; otherwise as the subscript.
    public func member(_ key: String) -> JSONValue? {
        guard isObject, !surelyLacks(key),
            let found = key.withUTF8Bytes({ SimdJSON.find($0, in: index, of: document) })
        else { return nil }
        return JSONValue(document: document, index: found)
    }

    /// Whether it can be told at a glance that there is no such key.
    func surelyLacks(_ key: String) -> Bool {
        index == 0 && key.withUTF8Bytes { SimdJSON.lacks($0, document.rootKeys) }
    }

    /// The member with this key unless it is `null`.
    public func present(_ key: StaticString) -> JSONValue? {
        guard let value = self[key], !value.isNull else { return nil }
        return value
    }

    /// The member with this key, or an error that names it.
    public func required(_ key: StaticString) throws(JSONError) -> JSONValue {
        guard let value = present(key) else { throw JSONError(.missing, offset: node.start, key: "\(key)") }
        return value
    }

    /// A key that occurs more than once in this object, however it is escaped; `nil` if all differ.
    public func firstDuplicateKey() -> String? {
        guard isObject else { return nil }
        switch SimdJSON.duplicateKey(in: index, of: document) {
        case .none: return nil
        case .some(let key): return JSONText(JSONValue(document: document, index: key)).string
        case .unsure: return firstUnescapedDuplicateKey()
        }
    }

    private func firstUnescapedDuplicateKey() -> String? {
        var seen: Set<[UInt8]> = []
        for (key, _) in members {
            var bytes: [UInt8] = []
            key.appendUnescaped(to: &bytes)
            guard seen.insert(bytes).inserted else { return key.string }
        }
        return nil
    }

    /// How many elements or members there are; 0 for scalars.
    public var count: Int {
        node.count
    }

    /// The members of an object in the order of the text, duplicates included; empty for other kinds.
    public var members: JSONMembers {
        JSONMembers(document: document, index: index + 1, remaining: isObject ? count : 0)
    }

    /// The elements of an array in order; empty for other kinds.
    public var elements: JSONElements {
        JSONElements(document: document, index: index + 1, remaining: isArray ? count : 0)
    }

    /// The first element of an array.
    public var first: JSONValue? {
        isArray && count > 0 ? JSONValue(document: document, index: index + 1) : nil
    }
}

/// The members of an object, in order.
public struct JSONMembers: Sequence, IteratorProtocol, Sendable {
    let document: JSONDocument
    var index: Int
    var remaining: Int

    /// The number of members not yet visited.
    public var underestimatedCount: Int { remaining }

    /// The next member.
    public mutating func next() -> (key: JSONText, value: JSONValue)? {
        guard remaining > 0 else { return nil }
        remaining -= 1
        let key = JSONValue(document: document, index: index)
        let value = JSONValue(document: document, index: index + 1)
        index = value.node.next
        return (JSONText(key), value)
    }
}

/// The elements of an array, in order.
public struct JSONElements: Sequence, IteratorProtocol, Sendable {
    let document: JSONDocument
    var index: Int
    var remaining: Int

    /// The number of elements not yet visited.
    public var underestimatedCount: Int { remaining }

    /// The next element.
    public mutating func next() -> JSONValue? {
        guard remaining > 0 else { return nil }
        remaining -= 1
        let value = JSONValue(document: document, index: index)
        index = value.node.next
        return value
    }
}

extension String {
    /// Lends the UTF-8 of the string, which is contiguous for every native string.
    func withUTF8Bytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        return [UInt8](utf8).withUnsafeBufferPointer(body)
    }
}
