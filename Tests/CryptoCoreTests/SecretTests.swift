import CryptoCore
import Testing

struct SecretTests {
    @Test func `a secret never prints itself`() {
        let secret = Secret("sk-canary")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect("\(secret)" == "<secret>")
        #expect(String(reflecting: secret) == "<secret>")
        #expect(!dumped.contains("canary"))
        #expect(secret.exposedText() == "sk-canary")
        #expect(secret.count == 9)
    }

    @Test func `secrets compare by content`() {
        #expect(Secret("a") == Secret("a"))
        #expect(Secret("a") != Secret("b"))
        #expect(Secret("a") != Secret("aa"))
        #expect(Secret("").isEmpty)
        #expect(Secret("") == Secret([]))
    }

    @Test func `a secret whose filling fails is never born`() {
        struct Failure: Error {}
        #expect(throws: Failure.self) {
            _ = try Secret(count: 4) { _ throws(Failure) in throw Failure() }
        }
    }
}

struct CodecTests {
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ])
    func `base 64 follows RFC 4648 without padding`(text: String, encoded: String) {
        #expect(Base64URL.encode(text.utf8) == encoded)
        #expect(Base64URL.decode(encoded) == Array(text.utf8))
    }

    @Test func `base 64 uses the alphabet for URLs and knows one spelling only`() {
        #expect(Base64URL.encode([0xFB, 0xFF, 0xBF]) == "-_-_")
        #expect(Base64URL.decode("-_-_") == [0xFB, 0xFF, 0xBF])
        for wrong in ["A", "Zg==", "Zh", "Zm9", "+/+/", "Zm 8", "Zm8é"] {
            #expect(Base64URL.decode(wrong) == nil)
        }
    }

    @Test func `hexadecimal reads both cases and refuses the rest`() {
        #expect(Hex.encode([0, 15, 255]) == "000fff")
        #expect(Hex.decode("000fFF") == [0, 15, 255])
        #expect(Hex.decode("") == [])
        for wrong in ["0", "0g", " 00", "é0"] { #expect(Hex.decode(wrong) == nil) }
    }

    @Test func `random texts have the promised length and letters`() {
        #expect(SecureRandom.bytes(0).isEmpty)
        #expect(SecureRandom.bytes(33).count == 33)
        #expect(SecureRandom.hex(byteCount: 8).utf8.count == 16)
        let crockford = SecureRandom.crockford(2000)
        #expect(crockford.count == 2000)
        #expect(Set(crockford) == Set("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
        let letters = SecureRandom.alphanumerics(5000)
        #expect(letters.count == 5000)
        #expect(Set(letters).count == 62)
    }

    @Test func `identifiers are random UUIDs of version 4`() throws {
        let pattern = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
        let identifiers = (0..<1000).map { _ in SecureRandom.uuid() }
        for identifier in identifiers { #expect(try pattern.wholeMatch(in: identifier) != nil) }
        #expect(Set(identifiers).count == 1000)
    }

    @Test func `identifiers with a time sort by it and name it`() throws {
        let pattern = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
        let times = (0..<100).map { Int64(1_700_000_000_000 + $0 * 977) }
        let identifiers = times.map { SecureRandom.uuid(at: $0) }
        for (identifier, time) in zip(identifiers, times) {
            #expect(try pattern.wholeMatch(in: identifier) != nil)
            #expect(Int64(identifier.replacing("-", with: "").prefix(12), radix: 16) == time)
        }
        #expect(identifiers == identifiers.sorted())
        #expect(Set((0..<1000).map { _ in SecureRandom.uuid(at: times[0]) }).count == 1000)
    }

    @Test func `identifiers of several threads differ`() async {
        let identifiers = await withTaskGroup(of: [String].self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<2000).map { _ in SecureRandom.uuid() } }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(identifiers).count == 16_000)
    }
}
