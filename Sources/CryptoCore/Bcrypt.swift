private import CCrypt

/// Verification of bcrypt hashes, which other programs wrote; new hashes are Argon2id.
public enum Bcrypt {
    /// True when `password` is the one that was hashed.
    ///
    /// Only its first 72 bytes count, as bcrypt has it.
    ///
    /// - Throws: `malformedHash` when `hash` is damaged or its cost would take longer than a few seconds.
    public static func verify(_ password: Secret, against hash: String) throws(CryptoError) -> Bool {
        guard hash.utf8.count == 60, let cost = cost(of: hash), (4...16).contains(cost) else {
            throw CryptoError(.malformedHash)
        }
        var phrase = password.withBytes { [UInt8]($0) }
        defer { phrase.withUnsafeMutableBytes { $0.wipe() } }
        // The C function reads up to the first zero byte and would accept any ending after it.
        guard !phrase.contains(0) else { return false }
        phrase.append(0)
        var computed = [CChar](repeating: 0, count: 128)
        let length = phrase.withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                characters.baseAddress.map { omni_crypt_hash($0, hash, &computed, computed.count) } ?? 0
            }
        }
        guard length == 60 else { throw CryptoError(.malformedHash) }
        return constantTimeEqual(computed.prefix(length).map { UInt8(bitPattern: $0) }, hash.utf8)
    }

    private static func cost(of hash: String) -> Int? {
        let parts = hash.split(separator: "$", omittingEmptySubsequences: true)
        guard parts.count == 3, parts[1].utf8.count == 2 else { return nil }
        return Int(parts[1])
    }
}
