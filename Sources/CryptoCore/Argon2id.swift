private import CArgon2

/// Password hashing with Argon2id (RFC 9106), written as PHC strings.
public enum Argon2id {
    /// How much work one hash takes.
    public struct Cost: Sendable, Equatable {
        /// Memory in KiB.
        public var memory: UInt32
        /// Passes over the memory.
        public var passes: UInt32
        /// Independent lanes.
        public var lanes: UInt32

        /// A cost of your own; tests use a small one.
        public init(memory: UInt32, passes: UInt32, lanes: UInt32) {
            self.memory = memory
            self.passes = passes
            self.lanes = lanes
        }

        /// 19 MiB, two passes, one lane: the OWASP recommendation, about 20 ms.
        public static let standard = Cost(memory: 19_456, passes: 2, lanes: 1)
        /// More than this is refused when verifying: a hash in an imported file must not exhaust the machine.
        static let ceiling = Cost(memory: 262_144, passes: 16, lanes: 8)
    }

    /// A PHC string of `password` with a fresh 16-byte salt and a 32-byte tag.
    public static func hash(_ password: Secret, cost: Cost = .standard) throws(CryptoError) -> String {
        try hash(password, cost: cost, salt: SecureRandom.bytes(16))
    }

    static func hash(_ password: Secret, cost: Cost, salt: [UInt8]) throws(CryptoError) -> String {
        var encoded = [CChar](repeating: 0, count: 256)
        let result = password.withBytes { bytes in
            argon2id_hash_encoded(
                cost.passes,
                cost.memory,
                cost.lanes,
                bytes.baseAddress,
                bytes.count,
                salt,
                salt.count,
                32,
                &encoded,
                encoded.count
            )
        }
        guard result == ARGON2_OK.rawValue else { throw CryptoError(.library, detail: UInt(result.magnitude)) }
        let text = encoded.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: text, as: UTF8.self)
    }

    /// True when `password` is the one that was hashed.
    ///
    /// - Throws: `malformedHash` when `hash` is damaged or its cost is out of reason.
    public static func verify(_ password: Secret, against hash: String) throws(CryptoError) -> Bool {
        guard let cost = cost(of: hash), cost.memory <= Cost.ceiling.memory, cost.passes <= Cost.ceiling.passes,
            cost.lanes <= Cost.ceiling.lanes, hash.utf8.count <= 512
        else { throw CryptoError(.malformedHash) }
        let result = password.withBytes { argon2id_verify(hash, $0.baseAddress, $0.count) }
        switch result {
        case ARGON2_OK.rawValue: return true
        case ARGON2_VERIFY_MISMATCH.rawValue: return false
        default: throw CryptoError(.malformedHash, detail: UInt(result.magnitude))
        }
    }

    /// Reads `$argon2id$v=19$m=19456,t=2,p=1$salt$tag`.
    static func cost(of hash: String) -> Cost? {
        let parts = hash.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[1] == "argon2id" else { return nil }
        var cost = Cost(memory: 0, passes: 0, lanes: 0)
        for parameter in parts[3].split(separator: ",") {
            guard let value = UInt32(parameter.dropFirst(2)) else { return nil }
            switch parameter.prefix(2) {
            case "m=": cost.memory = value
            case "t=": cost.passes = value
            case "p=": cost.lanes = value
            default: return nil
            }
        }
        return cost.memory > 0 && cost.passes > 0 && cost.lanes > 0 ? cost : nil
    }
}
