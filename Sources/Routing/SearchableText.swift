private import Glibc

/// Text of an error answer, searched for many phrases.
///
/// About a hundred phrases are looked for in up to eight kilobytes whenever an attempt fails; in a storm of failures a
/// plain loop over characters would cost more than the attempts.
struct SearchableText: Sendable, Equatable {
    /// UTF-8 in lower case.
    let bytes: [UInt8]

    /// Keeps the text in lower case.
    init(_ text: String) {
        bytes = Array(text.lowercased().utf8)
    }

    /// Whether a phrase, in lower case, occurs.
    func contains(_ phrase: String) -> Bool { end(of: phrase, from: 0) != nil }

    /// The positions behind every occurrence of a phrase.
    func ends(of phrase: String) -> [Int] {
        var ends: [Int] = []
        while let end = end(of: phrase, from: ends.last ?? 0) { ends.append(end) }
        return ends
    }

    private func end(of phrase: String, from start: Int) -> Int? {
        var phrase = phrase
        return phrase.withUTF8 { needle -> Int? in
            guard let first = needle.first, let needleStart = needle.baseAddress else { return nil }
            return bytes.withUnsafeBytes { haystack -> Int? in
                guard let base = haystack.baseAddress else { return nil }
                var position = start
                while haystack.count - position >= needle.count {
                    let room = haystack.count - position - needle.count + 1
                    guard let found = memchr(base + position, Int32(first), room) else { return nil }
                    position = UnsafeRawPointer(found) - base
                    if memcmp(base + position, needleStart, needle.count) == 0 { return position + needle.count }
                    position += 1
                }
                return nil
            }
        }
    }
}
