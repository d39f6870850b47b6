import Testing

@testable import HTTPServer

struct CharacterTests {
    @Test func `hosts are made of the characters of the grammar`() {
        let alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        let hosts = Set("-._~:[]%!$&'()*+;=\(alphanumeric)".utf8)
        for byte in UInt8.min...UInt8.max {
            #expect(isHostCharacter(byte) == hosts.contains(byte))
        }
    }
}
