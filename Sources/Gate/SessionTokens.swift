package import CryptoCore
private import JSONCore
package import TimeCore

/// Signs and checks the session cookie: a JWT with HS256 and nothing else.
///
/// The header is one fixed text. A token with any other header (`alg: none`, another algorithm, a key id) is refused
/// before it is decoded, so there is no algorithm to be talked into. The key is derived for this purpose alone:
/// tokens signed with the same secret for another purpose do not verify.
package struct SessionTokens: Sendable {
    package static let cookieName = "auth_token"
    package static let lifetime = Duration.seconds(30 * 86_400)
    /// A session with less left is renewed by the next request that uses it.
    package static let renewalThreshold = Duration.seconds(7 * 86_400)

    private static let header = Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))
    private static let maximumLength = 2048

    private let code: HMACSHA256

    /// Signs with a key that is derived from `JWT_SECRET` for sessions alone (`Secrets.key(for: .session)`).
    package init(key: Secret) throws(CryptoError) {
        code = try HMACSHA256(key: key)
    }

    /// A new session of the given generation.
    package static func newSession(epoch: Int, isRestricted: Bool, now: WallTime) -> Session {
        Session(
            id: Base64URL.encode(SecureRandom.bytes(16)),
            issuedAt: now,
            expiresAt: now.advanced(by: isRestricted ? .seconds(3600) : lifetime),
            epoch: epoch,
            isRestricted: isRestricted
        )
    }

    /// The same session with a new term; it keeps its id, so that a logout ends every copy.
    package static func renewed(_ session: Session, now: WallTime) -> Session {
        Session(
            id: session.id,
            issuedAt: now,
            expiresAt: now.advanced(by: lifetime),
            epoch: session.epoch,
            isRestricted: session.isRestricted
        )
    }

    /// The token to put into the cookie.
    package func token(for session: Session) -> String {
        var claims = JSONWriter()
        claims.beginObject()
        claims.member("authenticated", true)
        claims.member("typ", session.isRestricted ? "session-restricted" : "session")
        claims.member("iat", session.issuedAt.unixSeconds)
        claims.member("exp", session.expiresAt.unixSeconds)
        claims.member("jti", session.id)
        claims.member("epoch", session.epoch)
        claims.endObject()
        let body = SessionTokens.header + "." + Base64URL.encode(claims.bytes)
        return body + "." + Base64URL.encode(signature(of: body))
    }

    /// The session a token stands for; `nil` if it was not made here, has been altered, or has ended.
    package func session(in token: some StringProtocol, now: WallTime) -> Session? {
        guard token.utf8.count <= SessionTokens.maximumLength else { return nil }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == SessionTokens.header else { return nil }
        // Compared as text: a signature in another spelling of base64url is not one we wrote.
        let expected = Base64URL.encode(signature(of: "\(parts[0]).\(parts[1])"))
        guard constantTimeEqual(expected.utf8, parts[2].utf8) else { return nil }
        guard let bytes = Base64URL.decode(parts[1]), let document = try? JSONDocument.parse(bytes) else {
            return nil
        }
        return session(from: document.root, now: now)
    }

    private func session(from claims: JSONValue, now: WallTime) -> Session? {
        guard let type = claims["typ"]?.string, type == "session" || type == "session-restricted",
            let issued = claims["iat"]?.int, let expires = claims["exp"]?.int,
            let id = claims["jti"]?.string, let epoch = claims["epoch"]?.int
        else { return nil }
        let session = Session(
            id: id,
            issuedAt: WallTime(unixSeconds: issued),
            expiresAt: WallTime(unixSeconds: expires),
            epoch: epoch,
            isRestricted: type == "session-restricted"
        )
        // A token from the future was signed under a wrong clock; five minutes of drift are nobody's fault.
        guard session.expiresAt > now, session.issuedAt <= now.advanced(by: .seconds(300)) else { return nil }
        return session
    }

    private func signature(of body: String) -> [UInt8] {
        code.code(for: body.utf8).bytes
    }
}
