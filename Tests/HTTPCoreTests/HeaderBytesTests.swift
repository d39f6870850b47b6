import HTTPCore
import Testing

struct HeaderBytesTests {
    @Test func `names and values are made of the characters of the grammar`() {
        let alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        let tokens = Set("!#$%&'*+-.^_`|~\(alphanumeric)".utf8)
        for byte in UInt8.min...UInt8.max {
            #expect(HeaderBytes.isToken(byte) == tokens.contains(byte))
            #expect(HeaderBytes.isInValue(byte) == (byte == 9 || (byte >= 32 && byte != 127)))
        }
    }
}
