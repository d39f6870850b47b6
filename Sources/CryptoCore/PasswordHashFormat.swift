/// The ways other programs write password hashes, so that a hash is never mistaken for a password.
public enum PasswordHashFormat: Sendable, Equatable {
    /// `$argon2id$…`, what this program writes.
    case argon2id
    /// `$2a$`, `$2b$`, `$2y$` and the old `$2$`, `$2x$`.
    case bcrypt
    /// Anything else with the look of a hash; cannot be verified here.
    case other

    /// The format of `text`, or nil when it does not look like a hash of any kind.
    public static func recognise(_ text: String) -> PasswordHashFormat? {
        if text.hasPrefix("$argon2id$") { return .argon2id }
        if ["$2a$", "$2b$", "$2y$", "$2x$", "$2$"].contains(where: text.hasPrefix) { return .bcrypt }
        if isModularCrypt(text) || isTaggedScheme(text) { return .other }
        let spelled = ["pbkdf2:", "pbkdf2_", "scrypt:", "argon2$", "bcrypt$", "bcrypt_sha256$", "sha1$", "md5$"]
        return spelled.contains(where: text.hasPrefix) && text.contains("$") ? .other : nil
    }

    /// `$id$rest` (crypt and PHC strings: yescrypt, scrypt, SHA-crypt, MD5-crypt, Argon2i, Argon2d, PBKDF2 …).
    private static func isModularCrypt(_ text: String) -> Bool {
        guard text.hasPrefix("$") else { return false }
        let identifier = text.utf8.dropFirst().prefix { $0 != UInt8(ascii: "$") }
        let rest = text.utf8.dropFirst(1 + identifier.count)
        return (1...32).contains(identifier.count) && rest.count > 1 && identifier.allSatisfy(isIdentifierCharacter)
    }

    /// `{SSHA}rest` and the like (RFC 2307).
    private static func isTaggedScheme(_ text: String) -> Bool {
        guard text.hasPrefix("{") else { return false }
        let identifier = text.utf8.dropFirst().prefix { $0 != UInt8(ascii: "}") }
        return (1...32).contains(identifier.count) && text.utf8.count > identifier.count + 2
            && identifier.allSatisfy(isIdentifierCharacter)
    }

    private static func isIdentifierCharacter(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
