import Store

/// Which passwords are good enough.
enum PasswordRules {
    static let minimumLength = 8
    static let maximumLength = 200

    /// What is wrong with a new password, or `nil`.
    static func problem(with password: String) -> String? {
        let count = password.unicodeScalars.count
        if count < minimumLength { return "Must have at least \(minimumLength) characters" }
        if count > maximumLength { return "Must have at most \(maximumLength) characters" }
        return isCommon(password) ? "This password is one of the first that are tried" : nil
    }

    /// Whether a password that is in use is so weak that it only serves to choose another one.
    static func isWeak(_ password: String) -> Bool {
        password.unicodeScalars.count < minimumLength || isCommon(password)
    }

    /// Published defaults of this product and its relatives, and what heads every list of leaked passwords.
    private static func isCommon(_ password: String) -> Bool {
        if WeakSecrets.isPublishedPassword(password) { return true }
        let lowered = password.lowercased()
        return common.contains(lowered) || Set(lowered.utf8).count <= 2
    }

    private static let common: Set<String> = [
        "password", "password1", "password12", "password123", "passw0rd", "p@ssw0rd", "12345678", "123456789",
        "1234567890", "0123456789", "87654321", "11111111", "00000000", "admin123", "admin1234", "administrator",
        "changeme", "changeme1", "changeme123", "changeit", "letmein1", "letmein123", "qwertyui", "qwertyuiop",
        "qwerty123", "1q2w3e4r", "1qaz2wsx", "iloveyou", "sunshine", "princess", "football", "baseball", "superman",
        "trustno1", "welcome1", "welcome123", "abc12345", "abcd1234", "test1234", "testtest", "rootroot", "toor1234",
        "omniroute", "omniroute1", "omniroute123", "9router123", "secret123", "default1", "default123",
    ]
}
