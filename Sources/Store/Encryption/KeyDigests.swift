package import CryptoCore

/// Digests of API keys: what is stored instead of them and looked up by.
package final class KeyDigests: Sendable {
    private let mac: HMACSHA256

    /// Derives the key of the digests from `API_KEY_SECRET`.
    init(secret: Secret) throws(CryptoError) {
        mac = try HMACSHA256(
            key: KeyDerivation.hkdf(secret, salt: "omniroute".utf8, info: "omniroute api keys v1".utf8)
        )
    }

    /// The digest of a key as a client presents it.
    package func digest(_ key: String) -> Digest { mac.code(for: key.utf8) }
}
