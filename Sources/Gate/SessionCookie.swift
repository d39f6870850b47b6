/// Writes the session cookie.
package enum SessionCookie {
    /// Sets the cookie until the browser is closed; the token inside ends by itself.
    package static func set(_ token: String, isSecure: Bool) -> String {
        "\(SessionTokens.cookieName)=\(token); Path=/; HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
    }

    /// Removes the cookie.
    package static func cleared(isSecure: Bool) -> String {
        "\(SessionTokens.cookieName)=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0" + (isSecure ? "; Secure" : "")
    }
}
