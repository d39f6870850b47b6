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
    private var replacements = SmallMap<[UInt8]>()
    private var containers = SmallMap<ContainerEdit>()

    /// Starts editing a document, which itself never changes.
    public init(_ document: JSONDocument) {
        self.document = document
    }

    /// Whether nothing has been changed.
    public var isEmpty: Bool {
        replacements.isEmpty && containers.entries.allSatisfy(\.value.isEmpty)
    }

    /// Puts another text in the place of a value.
    public mutating func replace(_ value: JSONValue, with raw: [UInt8]) {
        check(value)
        assert(!raw.isEmpty, "a value has at least one byte")
        replacements.set(value.index, to: raw)
    }

    /// Sets a member of an object: replaces the value of every duplicate, or appends the member if there is none.
    public mutating func setMember(_ key: String, of object: JSONValue, to raw: [UInt8]) {
        check(object)
        var isThere = false
        forEachPlace(of: key, in: object) { editor, place in
            isThere = true
            editor.containers.changeKnown(object.index) { $0.restore(place) }
            editor.replacements.set(place + 1, to: raw)
        }
        guard !isThere else { return }
        let quoted = JSONLiteral.string(key)
        let text = quoted + [UInt8(ascii: ":")] + raw
        containers.change(object.index, from: ContainerEdit()) { $0.append(text, key: quoted) }
    }

    /// Removes every member of an object with this key; does nothing if there is none.
    public mutating func removeMember(_ key: String, of object: JSONValue) {
        check(object)
        forEachPlace(of: key, in: object) { editor, place in
            editor.containers.change(object.index, from: ContainerEdit()) { $0.remove(place) }
        }
        containers.changeKnown(object.index) { edit in
            guard !edit.appended.isEmpty else { return }
            let quoted = JSONLiteral.string(key)
            edit.appended.removeAll { $0.key == quoted }
        }
    }

    /// Removes an element of an array.
    public mutating func removeElement(_ element: JSONValue, of array: JSONValue) {
        check(element)
        check(array)
        containers.change(array.index, from: ContainerEdit()) { $0.remove(element.index) }
    }

    /// Inserts an element before the one that has this index in the original array, or at the end if there is none.
    public mutating func insertElement(_ raw: [UInt8], at index: Int, of array: JSONValue) {
        check(array)
        assert(!raw.isEmpty, "a value has at least one byte")
        containers.change(array.index, from: ContainerEdit()) { edit in
            if index < array.count {
                edit.inserted.change(max(index, 0), from: []) { $0.append(raw) }
            } else {
                edit.append(raw, key: nil)
            }
        }
    }

    /// The edited text; the original bytes if nothing was changed.
    public func finish() -> [UInt8] {
        guard !isEmpty else { return document.bytes }
        if containers.isEmpty, let only = replacements.only {
            // The usual edit: the name of a model.
            return applied(CollectionOfOne(replacement(of: only.key, by: only.value)))
        }
        return applied(orderedChanges())
    }

    private func applied(_ changes: some Collection<TextChange>) -> [UInt8] {
        let source = document.bytes
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
        changes.reserveCapacity(replacements.entries.count + 2 * containers.entries.count)
        var removed = SmallMap<Void>()
        for (index, edit) in containers.entries where !edit.isEmpty {
            let container = JSONValue(document: document, index: index)
            edit.appendChanges(to: &changes, of: container)
            let valueDistance = container.isObject ? 1 : 0
            for place in edit.removed { removed.set(place + valueDistance, to: ()) }
        }
        for (index, text) in replacements.entries where removed[index] == nil {
            changes.append(replacement(of: index, by: text))
        }
        if changes.count > 1 { changes.sort(by: TextChange.precedes) }
        return changes
    }

    private func replacement(of index: Int, by text: [UInt8]) -> TextChange {
        TextChange(range: JSONValue(document: document, index: index).range, text: text)
    }

    /// Calls `body` for the node of every key equal to `key`.
    private mutating func forEachPlace(
        of key: String,
        in object: JSONValue,
        _ body: (inout JSONEditor, Int) -> Void
    ) {
        guard object.isObject, !object.surelyLacks(key) else { return }
        let length = key.utf8.count
        var index = object.index + 1
        for _ in 0..<object.count {
            let node = document.tape[index]
            if node.mayEqual(length: length),
                key.withUTF8Bytes({ SimdJSON.content(node.content, of: document.bytes, equals: $0) })
            {
                body(&self, index)
            }
            index = document.tape[index + 1].next
        }
    }

    private func check(_ value: JSONValue) {
        precondition(value.document === document, "an editor changes values of its own document only")
    }
}
