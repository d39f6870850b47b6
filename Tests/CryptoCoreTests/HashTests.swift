import CryptoCore
import Testing

struct HashTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `SHA-256 gives the digests of FIPS 180`(text: String, digest: String) {
        #expect(SHA256.hash(text.utf8).hex == digest)
    }

    @Test(arguments: [
        (
            String(repeating: "0b", count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            "4a656665", "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            String(repeating: "aa", count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func `HMAC gives the codes of RFC 4231, again and again under one key`(
        key: String,
        message: String,
        code: String
    ) throws {
        let mac = try HMACSHA256(key: Secret(try #require(Hex.decode(key))))
        for _ in 0..<3 {
            #expect(mac.code(for: message.utf8).hex == code)
            _ = mac.code(for: "another message".utf8)
        }
        #expect(mac.isValid(try #require(Hex.decode(code)), for: message.utf8))
        #expect(!mac.isValid([UInt8](repeating: 0, count: 32), for: message.utf8))
        #expect(!mac.isValid([], for: message.utf8))
    }

    @Test func `an empty HMAC key and an empty message work`() throws {
        let mac = try HMACSHA256(key: Secret([]))
        #expect(mac.code(for: []).hex == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test func `one HMAC key serves many threads`() async throws {
        let mac = try HMACSHA256(key: Secret("key"))
        let expected = (0..<64).map { mac.code(for: "message \($0)".utf8) }
        await withTaskGroup(of: Bool.self) { group in
            for index in 0..<64 {
                group.addTask { (0..<50).allSatisfy { _ in mac.code(for: "message \(index)".utf8) == expected[index] } }
            }
            for await same in group { #expect(same) }
        }
    }

    @Test func `digests compare by content and read back from both spellings`() throws {
        let digest = SHA256.hash("x".utf8)
        #expect(Digest(bytes: digest.bytes) == digest)
        #expect(Digest(hex: digest.hex.uppercased()) == digest)
        #expect(Digest(bytes: digest.bytes.dropLast()) == nil)
        #expect(Digest(hex: "zz") == nil)
        #expect(digest != SHA256.hash("y".utf8))
        #expect([digest: 1][SHA256.hash("x".utf8)] == 1)
    }

    @Test func `constant-time comparison agrees with equality`() {
        #expect(constantTimeEqual([1, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEqual([1, 2, 3], [1, 2, 4]))
        #expect(!constantTimeEqual([1, 2, 3], [1, 2]))
        #expect(constantTimeEqual([], []))
        #expect(constantTimeEqual("abc".utf8, [97, 98, 99]))
    }
}
