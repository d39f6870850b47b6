/// Shows enough of a secret to recognise it and too little to use it.
package enum SecretMask {
    /// The first eight characters, four stars, the last four; of a short text only stars, because little would be hidden.
    package static func mask(_ secret: String) -> String {
        guard secret.utf8.count >= 20 else { return "****" }
        return "\(secret.prefix(8))****\(secret.suffix(4))"
    }

    /// Whether a client sent back what it was shown instead of a new secret.
    package static func isMask(_ text: String, of secret: String?) -> Bool {
        guard text.contains("****") else { return false }
        return secret.map { mask($0) == text } ?? true
    }
}
