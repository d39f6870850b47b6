import Testing

@testable import HTTPServer

struct CharacterTests {
    @Test func `the sets of characters are those of the grammar`() {
        let alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        let tokens = Set("!#$%&'*+-.^_`|~\(alphanumeric)".utf8)
        let hosts = Set("-._~:[]%!$&'()*+;=\(alphanumeric)".utf8)
        for byte in UInt8.min...UInt8.max {
            #expect(isToken(byte) == tokens.contains(byte))
            #expect(isHostCharacter(byte) == hosts.contains(byte))
        }
    }
}
