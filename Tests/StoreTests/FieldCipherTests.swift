import CryptoCore
import Testing

@testable import Store

struct FieldCipherTests {
    private let place = FieldLocation(table: "provider_connections", column: "api_key", row: "1")

    private func cipher(_ secret: String = "test-storage-key", keyID: String = "v1") throws -> FieldCipher {
        try FieldCipher(secret: Secret(secret), keyID: keyID)
    }

    private func isCurrent(_ opened: FieldCipher.Opened, _ text: String) -> Bool {
        if case .current(let secret) = opened { secret == Secret(text) } else { false }
    }

    private func isOutdated(_ opened: FieldCipher.Opened, _ text: String) -> Bool {
        if case .outdated(let secret) = opened { secret == Secret(text) } else { false }
    }

    @Test func `a value opens where it was sealed and nowhere else`() throws {
        let cipher = try cipher()
        let stored = try cipher.seal(Secret("sk-ant-example-token"), at: place)
        #expect(stored.hasPrefix("enc:v2:v1:"))
        #expect(isCurrent(cipher.open(stored, at: place), "sk-ant-example-token"))
        let otherPlaces = [
            FieldLocation(table: "provider_connections", column: "api_key", row: "2"),
            FieldLocation(table: "provider_connections", column: "id_token", row: "1"),
            FieldLocation(table: "api_keys", column: "api_key", row: "1"),
        ]
        for other in otherPlaces { #expect(cipher.open(stored, at: other).secret == nil) }
        #expect(try self.cipher("another key").open(stored, at: place).secret == nil)
        #expect(try self.cipher(keyID: "v2").open(stored, at: place).secret == nil)
        #expect(try cipher.seal(Secret("sk-ant-example-token"), at: place) != stored)
        #expect(isCurrent(cipher.open(try cipher.seal(Secret(""), at: place), at: place), ""))
    }

    @Test(arguments: [
        "enc:v1:000102030405060708090a0b0c0d0e0f:d85597e0617c25c67c63839fdc26279d8b8588f7:"
            + "47a5156d58b39aff3656fea2cc102975",
        "enc:v1:000102030405060708090a0b0c0d0e0f:49e2e9cc7b7fd3f98eb0b1e26c7a7bf9f59031d2:"
            + "2dde541ee1954f23368c9e38aef3fbf3",
    ])
    func `values of the original open with its present and its old key`(stored: String) throws {
        #expect(isOutdated(try cipher().open(stored, at: place), "sk-ant-example-token"))
        #expect(try cipher("another key").open(stored, at: place).secret == nil)
    }

    @Test func `clear text is accepted and asks to be sealed`() throws {
        #expect(isOutdated(try cipher().open("sk-plain", at: place), "sk-plain"))
    }

    @Test(arguments: [
        "enc:v2:", "enc:v2:v1", "enc:v2:v1::", "enc:v2:v1:AAAA:AAAA", "enc:v2:v1:!!!!:????", "enc:v1:", "enc:v1:00",
        "enc:v1:zz:zz:zz", "enc:v1:::", "enc:v1:00:00:00000000000000000000000000000000", "enc:v2:v1:a:b:c",
    ])
    func `damaged values are unreadable, never clear text`(stored: String) throws {
        #expect(try cipher().open(stored, at: place).secret == nil)
    }

    @Test func `changing any character of a stored value is noticed`() throws {
        let cipher = try cipher()
        let stored = Array(try cipher.seal(Secret("sk-example"), at: place).utf8)
        for index in stored.indices where index >= 7 {
            var changed = stored
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(cipher.open(String(decoding: changed, as: UTF8.self), at: place).secret == nil)
        }
    }

    @Test func `digests of API keys depend on the secret`() throws {
        let first = try KeyDigests(secret: Secret("one"))
        let second = try KeyDigests(secret: Secret("two"))
        #expect(first.digest("sk-1") == first.digest("sk-1"))
        #expect(first.digest("sk-1") != first.digest("sk-2"))
        #expect(first.digest("sk-1") != second.digest("sk-1"))
    }
}
