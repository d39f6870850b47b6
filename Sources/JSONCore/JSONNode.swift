// A document is its bytes and a tape of nodes in the order of the text:
//
//     {"model":"gpt","n":[1,2]}
//
//     0  object  0..<25  next 7  count 2
//     1  string  1..<8   next 2              key
//     2  string  9..<14  next 3                 its value
//     3  string 15..<18  next 4              key
//     4  array  19..<24  next 7  count 2        its value
//     5  number 20..<21  next 6
//     6  number 22..<23  next 7
//
// The next sibling of a node is at `next`; a member's value follows its key directly.

/// One value or key of a document, laid out as `omni_json_node`.
struct JSONNode: Sendable {
    private let startOffset: UInt32
    private let endOffset: UInt32
    private let nextIndex: UInt32
    private let info: UInt32

    var start: Int { Int(startOffset) }
    var end: Int { Int(endOffset) }
    var next: Int { Int(nextIndex) }

    /// How many elements or members a container has.
    var count: Int { Int(info >> 4) }

    /// Whether a string has escapes, or a number a fraction or an exponent.
    var isFlagged: Bool { info & 8 != 0 }

    var tag: Tag { Tag(rawValue: UInt8(truncatingIfNeeded: info & 7)) ?? .null }

    func has(_ tag: Tag) -> Bool { info & 7 == UInt32(tag.rawValue) }

    /// The numbering of `CSimdJSON.h`.
    enum Tag: UInt8 {
        case null, `false`, `true`, number, string, array, object
    }

    /// The range of a string's content, without its quotes.
    var content: Range<Int> { start + 1..<end - 1 }

    /// Whether a string can say the same as a text of so many bytes: most that are compared differ in length already.
    func mayEqual(length: Int) -> Bool { isFlagged || end - start - 2 == length }

    /// Whether a string can say the same as a literal.
    func mayEqual(_ literal: StaticString) -> Bool {
        !literal.hasPointerRepresentation || mayEqual(length: literal.utf8CodeUnitCount)
    }
}
