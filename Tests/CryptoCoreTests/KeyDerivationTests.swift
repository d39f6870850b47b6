import CryptoCore
import Testing

struct KeyDerivationTests {
    private func bytes(_ hex: String) throws -> [UInt8] { try #require(Hex.decode(hex)) }

    private func hex(_ secret: Secret) -> String { secret.withBytes { Hex.encode($0) } }

    @Test func `HKDF gives the keys of RFC 5869`() throws {
        let first = try KeyDerivation.hkdf(
            Secret([UInt8](repeating: 0x0b, count: 22)),
            salt: bytes("000102030405060708090a0b0c"),
            info: bytes("f0f1f2f3f4f5f6f7f8f9"),
            count: 42
        )
        #expect(
            hex(first) == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        )
        let third = try KeyDerivation.hkdf(Secret([UInt8](repeating: 0x0b, count: 22)), salt: [], info: [], count: 42)
        #expect(
            hex(third) == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        )
    }

    @Test func `HKDF refuses more bytes than it can make`() {
        let failure = #expect(throws: CryptoError.self) {
            try KeyDerivation.hkdf(Secret("x"), salt: [], info: [], count: 8161)
        }
        #expect(failure?.code == .invalidParameter)
    }

    @Test func `scrypt gives the keys of RFC 7914`() throws {
        let empty = try KeyDerivation.scrypt(Secret(""), salt: [], cost: 16, blockSize: 1, parallelism: 1, count: 64)
        #expect(
            hex(empty) == "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
        )
        let salted = try KeyDerivation.scrypt(
            Secret("password"),
            salt: "NaCl".utf8,
            cost: 1024,
            blockSize: 8,
            parallelism: 16,
            count: 64
        )
        #expect(
            hex(salted) == "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        )
    }

    @Test func `scrypt refuses a cost beyond its memory limit`() {
        #expect(throws: CryptoError.self) {
            try KeyDerivation.scrypt(Secret("x"), salt: [], cost: 1 << 30, blockSize: 8)
        }
    }

    @Test func `PBKDF2 gives the keys of RFC 7914 and the check digits of old API keys`() throws {
        let key = try KeyDerivation.pbkdf2(Secret("passwd"), salt: "salt".utf8, rounds: 1, count: 64)
        #expect(
            hex(key) == "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
                + "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"
        )
        let check = try KeyDerivation.pbkdf2(
            Secret("0123456789abcdefa1b2c3"),
            salt: "test-api-key-secret".utf8,
            rounds: 1000
        )
        #expect(hex(check).hasPrefix("d6d9f451"))
    }

    @Test func `the field keys of the original come out`() throws {
        let secret = Secret("test-storage-key")
        let current = try KeyDerivation.scrypt(secret, salt: "omniroute-field-encryption-v1".utf8)
        #expect(hex(current) == "9288cb3dfaf5f82c718f72aff21060bd180d5737192de8ab208c8e5a7f49aa0c")
        let salt = secret.withBytes { SHA256.hash($0).bytes.prefix(16) }
        let legacy = try KeyDerivation.scrypt(secret, salt: salt)
        #expect(hex(legacy) == "bd37cba0e95e46fb7a5e016cf7ac4acf21b3d7a9b91ec55e0645893f1dc29df9")
    }
}
