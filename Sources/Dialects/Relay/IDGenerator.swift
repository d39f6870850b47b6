/// Where the identifiers of translated answers come from; tests pass a deterministic one.
package protocol IDGenerator: Sendable {
    /// Returns `count` characters of `[A-Za-z0-9]` that nobody can guess.
    func characters(_ count: Int) -> String
}

/// Identifiers from the system's random source.
package struct RandomIDs: IDGenerator {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    package init() {}

    package func characters(_ count: Int) -> String {
        var random = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        // One 64-bit draw gives ten characters of six bits; the two values beyond the alphabet are drawn again.
        while bytes.count < count {
            var draw = random.next()
            for _ in 0..<10 where bytes.count < count {
                let index = Int(draw & 63)
                draw >>= 6
                if index < Self.alphabet.count { bytes.append(Self.alphabet[index]) }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension IDGenerator {
    func chatCompletion() -> String { "chatcmpl-" + characters(24) }
    func completion() -> String { "cmpl-" + characters(24) }
    func chatCall() -> String { "call_" + characters(24) }
    func message() -> String { "msg_" + characters(24) }
    func toolUse() -> String { "toolu_" + characters(24) }
}
