/// Collects changes to a document and applies them in one copy, so that every byte outside of them survives.
///
///     var editor = JSONEditor(document)
///     editor.setMember("model", of: document.root, to: JSONLiteral.string("gpt-5"))
///     let bytes = editor.finish()
///
/// Values and indexes are always those of the original document. Replacement texts must each be one valid JSON value.
/// A change inside a value that is itself replaced or removed has no effect.
public struct JSONEditor: Sendable {
    private let document: JSONDocument
    private var replacements: [Int: [UInt8]] = [:]
    private var containers: [Int: ContainerEdit] = [:]

    /// Starts editing a document, which itself never changes.
    public init(_ document: JSONDocument) {
        self.document = document
    }

    /// Whether nothing has been changed.
    public var isEmpty: Bool {
        replacements.isEmpty && containers.isEmpty
    }

    /// Puts another text in the place of a value.
    public mutating func replace(_ value: JSONValue, with raw: [UInt8]) {
        check(value)
        assert(!raw.isEmpty, "a value has at least one byte")
        replacements[value.index] = raw
    }

    /// Sets a member of an object: replaces the value of every duplicate, or appends the member if there is none.
    public mutating func setMember(_ key: String, of object: JSONValue, to raw: [UInt8]) {
        check(object)
        let places = places(of: key, in: object)
        for place in places {
            containers[object.index]?.removed.remove(place)
            replacements[place + 1] = raw
        }
        guard places.isEmpty else { return }
        let quoted = JSONLiteral.string(key)
        let text = quoted + [UInt8(ascii: ":")] + raw
        containers[object.index, default: ContainerEdit()].append(text, key: quoted)
    }

    /// Removes every member of an object with this key; does nothing if there is none.
    public mutating func removeMember(_ key: String, of object: JSONValue) {
        check(object)
        for place in places(of: key, in: object) {
            containers[object.index, default: ContainerEdit()].removed.insert(place)
        }
        let quoted = JSONLiteral.string(key)
        containers[object.index]?.appended.removeAll { $0.key == quoted }
        if containers[object.index]?.isEmpty == true { containers[object.index] = nil }
    }

    /// Removes an element of an array.
    public mutating func removeElement(_ element: JSONValue, of array: JSONValue) {
        check(element)
        check(array)
        containers[array.index, default: ContainerEdit()].removed.insert(element.index)
    }

    /// Inserts an element before the one that has this index in the original array, or at the end if there is none.
    public mutating func insertElement(_ raw: [UInt8], at index: Int, of array: JSONValue) {
        check(array)
        assert(!raw.isEmpty, "a value has at least one byte")
        if index < array.count {
            containers[array.index, default: ContainerEdit()].inserted[max(index, 0), default: []].append(raw)
        } else {
            containers[array.index, default: ContainerEdit()].append(raw, key: nil)
        }
    }

    /// The edited text; the original bytes if nothing was changed.
    public func finish() -> [UInt8] {
        guard !isEmpty else { return document.bytes }
        let source = document.bytes
        let changes = orderedChanges()
        var out: [UInt8] = []
        out.reserveCapacity(source.count + changes.reduce(0) { $0 + $1.text.count })
        var copied = 0
        for change in changes where change.range.lowerBound >= copied {
            out.append(contentsOf: source[copied..<change.range.lowerBound])
            out.append(contentsOf: change.text)
            copied = change.range.upperBound
        }
        out.append(contentsOf: source[copied...])
        return out
    }

    // MARK: - From edits to text changes

    private func orderedChanges() -> [TextChange] {
        var changes: [TextChange] = []
        var removed: Set<Int> = []
        for (index, edit) in containers {
            let container = JSONValue(document: document, index: index)
            edit.appendChanges(to: &changes, of: container)
            let valueDistance = container.isObject ? 1 : 0
            removed.formUnion(edit.removed.map { $0 + valueDistance })
        }
        for (index, text) in replacements where !removed.contains(index) {
            changes.append(TextChange(range: JSONValue(document: document, index: index).range, text: text))
        }
        return changes.sorted(by: TextChange.precedes)
    }

    /// The nodes of the keys equal to `key`.
    private func places(of key: String, in object: JSONValue) -> [Int] {
        guard object.isObject else { return [] }
        var places: [Int] = []
        var index = object.index + 1
        key.withUTF8Bytes { key in
            for _ in 0..<object.count {
                let node = document.tape[index]
                if SimdJSON.content(node.content, of: document.bytes, equals: key) { places.append(index) }
                index = document.tape[index + 1].next
            }
        }
        return places
    }

    private func check(_ value: JSONValue) {
        precondition(value.document === document, "an editor changes values of its own document only")
    }
}
