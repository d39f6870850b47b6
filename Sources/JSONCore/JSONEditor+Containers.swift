extension JSONDocument {
    /// The text with another value for a member of the outermost object, of duplicates for each; the text itself if there
    /// is none.
    ///
    /// The same as an editor does, but without any memory besides the result: the usual edit of an answer.
    public func replacing(_ key: StaticString, with raw: [UInt8]) -> [UInt8] {
        guard root[key] != nil else { return bytes }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + raw.count)
        var copied = 0
        var index = 1
        for _ in 0..<root.count {
            let value = tape[index + 1]
            if JSONValue(document: self, index: index).equals(key) {
                out.append(contentsOf: bytes[copied..<value.start])
                out.append(contentsOf: raw)
                copied = value.end
            }
            index = value.next
        }
        out.append(contentsOf: bytes[copied...])
        return out
    }
}

/// A range of the original text and what stands there instead.
struct TextChange {
    var range: Range<Int>
    var text: [UInt8]

    /// Text order; at the same place insertions come first, and then the outer range before an inner one.
    static func precedes(_ left: TextChange, _ right: TextChange) -> Bool {
        let (a, b) = (left.range, right.range)
        if a.lowerBound != b.lowerBound { return a.lowerBound < b.lowerBound }
        if a.isEmpty != b.isEmpty { return a.isEmpty }
        return a.upperBound > b.upperBound
    }
}

/// What happens to the elements or members of one container, apart from changed values.
struct ContainerEdit: Sendable {
    /// First nodes of elements or members, and whether they go.
    private var removal = SmallMap<Bool>()

    /// New elements by the original index they come before.
    var inserted = SmallMap<[[UInt8]]>()

    /// New elements or members at the end, in order; members with their quoted key.
    var appended: [(key: [UInt8]?, text: [UInt8])] = []

    var isEmpty: Bool {
        inserted.isEmpty && appended.isEmpty && removed.isEmpty
    }

    /// First nodes of the elements or members that go.
    var removed: some Collection<Int> {
        removal.entries.lazy.filter(\.value).map(\.key)
    }

    /// Lets an element or member go.
    mutating func remove(_ place: Int) {
        removal.set(place, to: true)
    }

    /// Lets an element or member stay after all.
    mutating func restore(_ place: Int) {
        removal.changeKnown(place) { $0 = false }
    }

    /// Adds at the end; a key that was added before gets the new value.
    mutating func append(_ text: [UInt8], key: [UInt8]?) {
        if let key, let known = appended.firstIndex(where: { $0.key == key }) {
            appended[known].text = text
        } else {
            appended.append((key, text))
        }
    }

    /// Turns the edit into changes of the gaps between the children that stay.
    ///
    /// In each gap the last separator before a child that stays is kept with its blanks, so an indented text stays
    /// indented; new children come directly behind the one that stays before them.
    func appendChanges(to changes: inout [TextChange], of container: JSONValue) {
        var new: [[UInt8]] = []
        var keptEnd: Int?
        var firstStart: Int?
        var childEnd = container.range.lowerBound + 1
        var index = container.index + 1
        for ordinal in 0..<container.count {
            let first = container.document.tape[index]
            let value = container.isObject ? container.document.tape[index + 1] : first
            new += inserted[ordinal] ?? []
            let start = firstStart ?? first.start
            firstStart = start
            if removal[index] != true {
                if let keptEnd {
                    add(keptEnd..<childEnd, led(new), to: &changes)
                } else {
                    add(start..<first.start, trailed(new), to: &changes)
                }
                new = []
                keptEnd = value.end
            }
            childEnd = value.end
            index = value.next
        }
        new += appended.map(\.text)
        if let keptEnd {
            add(keptEnd..<childEnd, led(new), to: &changes)
        } else {
            add((firstStart ?? childEnd)..<childEnd, [UInt8](new.joined(separator: [UInt8(ascii: ",")])), to: &changes)
        }
    }

    private func add(_ range: Range<Int>, _ text: [UInt8], to changes: inout [TextChange]) {
        guard !range.isEmpty || !text.isEmpty else { return }
        changes.append(TextChange(range: range, text: text))
    }

    private func led(_ texts: [[UInt8]]) -> [UInt8] {
        texts.flatMap { [UInt8(ascii: ",")] + $0 }
    }

    private func trailed(_ texts: [[UInt8]]) -> [UInt8] {
        texts.flatMap { $0 + [UInt8(ascii: ",")] }
    }
}
