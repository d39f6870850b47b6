import CryptoCore
import Testing

struct AES256GCMTests {
    /// Test cases 13, 14, 16, 17 and 18 of the GCM specification: nothing, one block, associated data, short and
    /// long nonces.
    struct Vector: CustomTestStringConvertible, Sendable {
        let name: String
        let key: String
        let nonce: String
        let plaintext: String
        let associated: String
        let ciphertext: String
        let tag: String

        var testDescription: String { name }
    }

    static let key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
    static let zeroKey = String(repeating: "00", count: 32)
    static let plaintext =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    static let associated = "feedfacedeadbeeffeedfacedeadbeefabaddad2"
    static let vectors = [
        Vector(
            name: "13",
            key: zeroKey,
            nonce: "000000000000000000000000",
            plaintext: "",
            associated: "",
            ciphertext: "",
            tag: "530f8afbc74536b9a963b4f1c4cb738b"
        ),
        Vector(
            name: "14",
            key: zeroKey,
            nonce: "000000000000000000000000",
            plaintext: "00000000000000000000000000000000",
            associated: "",
            ciphertext: "cea7403d4d606b6e074ec5d3baf39d18",
            tag: "d0d1c8a799996bf0265b98b5d48ab919"
        ),
        Vector(
            name: "16",
            key: key,
            nonce: "cafebabefacedbaddecaf888",
            plaintext: plaintext,
            associated: associated,
            ciphertext: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            tag: "76fc6ece0f4e1768cddf8853bb2d551b"
        ),
        Vector(
            name: "17",
            key: key,
            nonce: "cafebabefacedbad",
            plaintext: plaintext,
            associated: associated,
            ciphertext: "c3762df1ca787d32ae47c13bf19844cbaf1ae14d0b976afac52ff7d79bba9de0"
                + "feb582d33934a4f0954cc2363bc73f7862ac430e64abe499f47c9b1f",
            tag: "3a337dbf46a792c45e454913fe2ea8f2"
        ),
        Vector(
            name: "18",
            key: key,
            nonce: "9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728"
                + "c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b",
            plaintext: plaintext,
            associated: associated,
            ciphertext: "5a8def2f0c9e53f1f75d7853659e2a20eeb2b22aafde6419a058ab4f6f746bf4"
                + "0fc0c3b780f244452da3ebf1c5d82cdea2418997200ef82e44ae7e3f",
            tag: "a44a8266ee1c8eb0c8b5d4cf5ae9f19a"
        ),
    ]

    private func bytes(_ hex: String) throws -> [UInt8] { try #require(Hex.decode(hex)) }

    @Test(arguments: vectors)
    func `the test cases of the specification come out and open again`(vector: Vector) throws {
        let key = Secret(try bytes(vector.key))
        let sealed = try AES256GCM.seal(
            bytes(vector.plaintext),
            key: key,
            nonce: bytes(vector.nonce),
            associatedData: bytes(vector.associated)
        )
        #expect(Hex.encode(sealed.ciphertext) == vector.ciphertext)
        #expect(Hex.encode(sealed.tag) == vector.tag)
        let opened = try AES256GCM.open(sealed, key: key, associatedData: bytes(vector.associated))
        #expect(opened == Secret(try bytes(vector.plaintext)))
    }

    @Test func `values of the original with a 16-byte nonce open`() throws {
        let nonce = try bytes("000102030405060708090a0b0c0d0e0f")
        let key = Secret(try bytes("9288cb3dfaf5f82c718f72aff21060bd180d5737192de8ab208c8e5a7f49aa0c"))
        let sealed = AES256GCM.Sealed(
            nonce: nonce,
            ciphertext: try bytes("d85597e0617c25c67c63839fdc26279d8b8588f7"),
            tag: try bytes("47a5156d58b39aff3656fea2cc102975")
        )
        #expect(try AES256GCM.open(sealed, key: key).exposedText() == "sk-ant-example-token")
        let again = try AES256GCM.seal("sk-ant-example-token".utf8, key: key, nonce: nonce)
        #expect(again == sealed)
    }

    @Test func `every changed bit of ciphertext, tag, nonce or associated data is noticed`() throws {
        let key = SecureRandom.secret(32)
        let associated: [UInt8] = [9, 8, 7]
        let sealed = try AES256GCM.seal("attack at dawn".utf8, key: key, associatedData: associated)
        func refuses(_ changed: AES256GCM.Sealed, _ associated: [UInt8]) -> Bool {
            do {
                _ = try AES256GCM.open(changed, key: key, associatedData: associated)
                return false
            } catch {
                return error.code == .authenticationFailed
            }
        }
        func flipped(_ bytes: [UInt8], _ bit: Int) -> [UInt8] {
            var bytes = bytes
            bytes[bit / 8] ^= 1 << (bit % 8)
            return bytes
        }
        for bit in 0..<sealed.ciphertext.count * 8 {
            let changed = flipped(sealed.ciphertext, bit)
            #expect(refuses(.init(nonce: sealed.nonce, ciphertext: changed, tag: sealed.tag), associated))
        }
        for bit in 0..<128 {
            let changed = flipped(sealed.tag, bit)
            #expect(refuses(.init(nonce: sealed.nonce, ciphertext: sealed.ciphertext, tag: changed), associated))
        }
        for bit in 0..<96 {
            let changed = flipped(sealed.nonce, bit)
            #expect(refuses(.init(nonce: changed, ciphertext: sealed.ciphertext, tag: sealed.tag), associated))
        }
        #expect(refuses(sealed, [9, 8, 6]))
        #expect(refuses(sealed, []))
        #expect(throws: CryptoError.self) {
            try AES256GCM.open(sealed, key: SecureRandom.secret(32), associatedData: associated)
        }
    }

    @Test func `wrong sizes are refused`() throws {
        #expect(throws: CryptoError.self) { try AES256GCM.seal([1], key: SecureRandom.secret(16)) }
        #expect(throws: CryptoError.self) { try AES256GCM.seal([1], key: SecureRandom.secret(32), nonce: []) }
        let short = AES256GCM.Sealed(nonce: [1, 2, 3], ciphertext: [4], tag: [5])
        #expect(throws: CryptoError.self) { try AES256GCM.open(short, key: SecureRandom.secret(32)) }
    }

    @Test func `nonces do not repeat`() throws {
        let key = SecureRandom.secret(32)
        var seen: Set<[UInt8]> = []
        for _ in 0..<2000 { seen.insert(try AES256GCM.seal([1], key: key).nonce) }
        #expect(seen.count == 2000)
    }
}
