import Foundation
import JSONCore
import Testing

struct JSONPropertyTests {
    @Test(arguments: 0..<300) func `parsing, writing and parsing again says the same`(_ seed: Int) throws {
        var random = RandomJSON(seed: UInt64(seed))
        let text = random.blank() + random.text() + random.blank()
        let document = try JSONDocument.parse(text: text)
        #expect(string(document.bytes) == text)
        let copy = rewritten(document.root)
        let again = try json(copy)
        #expect(again.isStructurallyEqual(to: document.root))
        #expect(rewritten(again) == copy)
    }

    @Test(arguments: 0..<100) func `every value's bytes are its own text`(_ seed: Int) throws {
        var random = RandomJSON(seed: UInt64(seed) &+ 5000)
        try check(try json(random.text()))
    }

    private func check(_ value: JSONValue) throws {
        let alone = try JSONDocument.parse([UInt8](value.raw)).root
        #expect(alone.range == 0..<value.range.count)
        #expect(alone.isStructurallyEqual(to: value))
        #expect(alone.count == value.count)
        for element in value.elements { try check(element) }
        for (key, member) in value.members {
            #expect(value.member(key.string) != nil)
            try check(member)
        }
    }

    @Test(arguments: 0..<300) func `a changed byte never traps and the judgement is that of Foundation`(
        _ seed: Int
    ) throws {
        var random = RandomJSON(seed: UInt64(seed) &+ 9000)
        let original = [UInt8](random.text(depth: 3).utf8)
        let alphabet = [UInt8]("{}[]:,\"\\ \n0123456789eE.+-truefalsn\u{0}\u{C}\u{1A}/u".utf8) + [0xC3, 0xFF]
        for _ in 0..<40 where !original.isEmpty {
            var bytes = original
            for _ in 0..<1 + random.pick(3) where !bytes.isEmpty {
                let place = random.pick(bytes.count)
                switch random.pick(3) {
                case 0: bytes[place] = alphabet[random.pick(alphabet.count)]
                case 1: bytes.insert(alphabet[random.pick(alphabet.count)], at: place)
                default: bytes.remove(at: place)
                }
            }
            guard let document = try? JSONDocument.parse(bytes) else { continue }
            // What we accept must be JSON for others too, except for what Foundation will not represent.
            let text = rewritten(document.root)
            #expect(try json(text).isStructurallyEqual(to: document.root))
            if isUnderstood(text) {
                #expect(throws: Never.self) {
                    try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
                }
            }
        }
    }

    /// Foundation refuses lone surrogates and numbers beyond Double.
    private func isUnderstood(_ text: String) -> Bool {
        !text.contains("\\u") && !text.contains { $0 == "e" || $0 == "E" } && text.utf8.count < 60
    }
}
