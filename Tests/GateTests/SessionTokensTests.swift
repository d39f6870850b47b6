import CryptoCore
import Foundation
import Testing
import TimeCore

@testable import Gate

struct SessionTokensTests {
    private let tokens: SessionTokens
    private let session = Session.alive()

    init() throws {
        tokens = try SessionTokens(key: Secret("a secret that is long enough to be one"))
    }

    @Test func `a token stands for the session it was made for`() throws {
        let token = tokens.token(for: session)
        #expect(tokens.session(in: token, now: testNow) == session)
        let weak = Session.alive(isRestricted: true)
        #expect(tokens.session(in: tokens.token(for: weak), now: testNow) == weak)
    }

    @Test func `a token ends with its term`() {
        let token = tokens.token(for: session)
        let last = session.expiresAt
        #expect(tokens.session(in: token, now: last.advanced(by: .seconds(-1))) != nil)
        #expect(tokens.session(in: token, now: last) == nil)
        #expect(tokens.session(in: token, now: testNow.advanced(by: .seconds(-400))) == nil)
    }

    @Test func `a token of another secret is refused`() throws {
        let other = try SessionTokens(key: Secret("another secret that is long enough"))
        #expect(tokens.session(in: other.token(for: session), now: testNow) == nil)
    }

    @Test(arguments: [
        #"{"typ":"oauth-state","iat":1800000000,"exp":1900000000,"jti":"x","epoch":1}"#,
        #"{"iat":1800000000,"exp":1900000000,"jti":"x","epoch":1}"#,
        #"{"typ":"session","iat":1800000000,"jti":"x","epoch":1}"#,
        #"{"typ":"session","iat":1800000000,"exp":"1900000000","jti":"x","epoch":1}"#,
        #"{"typ":"session","iat":1800000000,"exp":1e400,"jti":"x","epoch":1}"#,
        #"{"typ":"session","iat":1800000000,"exp":-1,"jti":"x","epoch":1}"#,
        #"{"typ":"session","iat":1900000000,"exp":1990000000,"jti":"x","epoch":1}"#,
        #"{"typ":"session","iat":1800000000,"exp":1900000000,"epoch":1}"#,
        "not json",
    ])
    func `claims that are not a session's are refused, even when signed`(_ claims: String) throws {
        let mac = try HMACSHA256(key: Secret("a secret that is long enough to be one"))
        let header = tokens.token(for: session).prefix { $0 != "." }
        let body = "\(header).\(Base64URL.encode(Array(claims.utf8)))"
        let token = body + "." + Base64URL.encode(mac.code(for: body.utf8).bytes)
        #expect(tokens.session(in: token, now: testNow) == nil)
    }

    @Test func `no byte of a token can be changed`() {
        let token = Array(tokens.token(for: session).utf8)
        for index in token.indices {
            for change in [UInt8(ascii: "A"), UInt8(ascii: "."), UInt8(ascii: "="), UInt8(ascii: "-")]
            where token[index] != change {
                var altered = token
                altered[index] = change
                let text = String(decoding: altered, as: UTF8.self)
                #expect(tokens.session(in: text, now: testNow) == nil, "byte \(index)")
            }
        }
    }

    @Test(arguments: [
        #"{"alg":"none","typ":"JWT"}"#, #"{"alg":"HS512","typ":"JWT"}"#, #"{"alg":"RS256"}"#,
        #"{"typ":"JWT","alg":"HS256"}"#, #"{"alg":"HS256","typ":"JWT","kid":"../../dev/null"}"#,
        #"{"alg":"HS256","typ":"JWT","crit":["exp"]}"#,
    ])
    func `other headers are refused, with or without a signature`(_ header: String) {
        let parts = tokens.token(for: session).split(separator: ".")
        let encoded = Base64URL.encode(Array(header.utf8))
        for signature in [String(parts[2]), ""] {
            #expect(tokens.session(in: "\(encoded).\(parts[1]).\(signature)", now: testNow) == nil)
        }
    }

    @Test(arguments: ["", ".", "..", "a.b.c", "a.b", "a.b.c.d", String(repeating: "x", count: 65_536)])
    func `texts that are no tokens are refused`(_ text: String) {
        #expect(tokens.session(in: text, now: testNow) == nil)
    }

    @Test func `truncated and padded signatures are refused`() {
        let token = tokens.token(for: session)
        for text in [String(token.dropLast()), token + "=", token + "A", token + ".", " " + token] {
            #expect(tokens.session(in: text, now: testNow) == nil)
        }
    }

    @Test func `a renewed session keeps its name`() {
        let later = testNow.advanced(by: .seconds(86_400 * 25))
        let renewed = SessionTokens.renewed(session, now: later)
        #expect(renewed.id == session.id && renewed.expiresAt > session.expiresAt)
    }
}
