private import Glibc

/// Password hashes of every kind the program accepts.
public enum PasswordHash {
    /// What a verification found.
    public enum Verdict: Sendable, Equatable {
        /// The right password.
        case matches
        /// The right password, but the hash is of an older kind: store a new one now that the password is at hand.
        case matchesOldHash
        /// Another password.
        case doesNotMatch
    }

    /// Hashes a new password.
    public static func make(_ password: Secret, cost: Argon2id.Cost = .standard) throws(CryptoError) -> String {
        try Argon2id.hash(password, cost: cost)
    }

    /// Checks `password` against a stored hash.
    ///
    /// - Throws: `unsupportedHash` when the text is no hash that can be verified, `malformedHash` when it is damaged.
    public static func verify(_ password: Secret, against hash: String) throws(CryptoError) -> Verdict {
        switch PasswordHashFormat.recognise(hash) {
        case .argon2id:
            guard try Argon2id.verify(password, against: hash) else { return .doesNotMatch }
            guard let cost = Argon2id.cost(of: hash), cost.memory >= Argon2id.Cost.standard.memory,
                cost.passes >= Argon2id.Cost.standard.passes
            else { return .matchesOldHash }
            return .matches
        case .bcrypt:
            return try Bcrypt.verify(password, against: hash) ? .matchesOldHash : .doesNotMatch
        case .other, nil:
            throw CryptoError(.unsupportedHash)
        }
    }

    /// Spends as long as a verification would, so that an answer does not tell whether a hash exists.
    public static func verifyNothing(_ password: Secret) {
        _ = try? Argon2id.hash(password, cost: .standard, salt: [UInt8](repeating: 0, count: 16))
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Overwrites the bytes in a way the compiler may not remove.
    func wipe() {
        if let baseAddress { explicit_bzero(baseAddress, count) }
    }
}
