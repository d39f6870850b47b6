package import CryptoCore
import Synchronization

/// Where an encrypted value is stored; a value moved elsewhere does not open.
struct FieldLocation: Sendable {
    let table: StaticString
    let column: StaticString
    /// The row's primary key.
    let row: String
}

/// Encrypts and decrypts single values of the database.
///
/// Written as `enc:v2:<key id>:<nonce>:<ciphertext and tag>` (base64url): AES-256-GCM with a random 12-byte nonce,
/// bound to table, column, row and key id. Read as well: `enc:v1:<nonce>:<ciphertext>:<tag>` (hexadecimal) of the
/// original with its two ways of making a key, and plaintext, which the original leaves in some places.
package final class FieldCipher: Sendable {
    /// What a stored text turned out to be.
    enum Opened {
        /// Written by us under the present key.
        case current(Secret)
        /// Readable, but to be written again: plaintext, or written by the original.
        case outdated(Secret)
        /// Encrypted with a key we do not have, or damaged.
        case unreadable

        /// The value, however it was stored.
        var secret: Secret? {
            switch self {
            case .current(let secret), .outdated(let secret): secret
            case .unreadable: nil
            }
        }
    }

    /// The key's name inside encrypted values.
    package let keyID: String
    private let secret: Secret
    private let key: Secret
    /// The original's keys take 50 ms each to make, so they are made when the first old value is met.
    private let originalKeys = Mutex<[Secret]?>(nil)

    /// Derives the key for values written by us.
    ///
    /// A generated secret is random already; one that a person may have chosen goes through scrypt first.
    package init(secret: Secret, keyID: String) throws(CryptoError) {
        self.secret = secret
        self.keyID = keyID
        let isRandom = secret.count == 64 && secret.withBytes { $0.allSatisfy(isHexDigit) }
        let input = isRandom ? secret : try KeyDerivation.scrypt(secret, salt: "omniroute-field-encryption-v2".utf8)
        key = try KeyDerivation.hkdf(input, salt: "omniroute".utf8, info: "omniroute fields v2 \(keyID)".utf8)
    }

    /// The stored form of a secret.
    func seal(_ secret: Secret, at location: FieldLocation) throws(CryptoError) -> String {
        let sealed = try secret.withBytes { bytes throws(CryptoError) in
            try AES256GCM.seal(bytes, key: key, associatedData: associatedData(location))
        }
        let body = Base64URL.encode(sealed.ciphertext + sealed.tag)
        return "enc:v2:\(keyID):\(Base64URL.encode(sealed.nonce)):\(body)"
    }

    /// Reads a stored text of any kind.
    func open(_ stored: String, at location: FieldLocation) -> Opened {
        if stored.hasPrefix("enc:v2:") {
            guard let sealed = parseCurrent(stored),
                let secret = try? AES256GCM.open(sealed, key: key, associatedData: associatedData(location))
            else { return .unreadable }
            return .current(secret)
        }
        if stored.hasPrefix("enc:v1:") {
            guard let sealed = parseOriginal(stored), let secret = openOriginal(sealed) else { return .unreadable }
            return .outdated(secret)
        }
        return .outdated(Secret(stored))
    }

    /// True for texts written by an encryption of ours or of the original.
    static func isEncrypted(_ stored: String) -> Bool {
        stored.hasPrefix("enc:v2:") || stored.hasPrefix("enc:v1:")
    }

    // MARK: - Formats

    private func parseCurrent(_ stored: String) -> AES256GCM.Sealed? {
        let parts = stored.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[2] == keyID, let nonce = Base64URL.decode(parts[3]),
            let body = Base64URL.decode(parts[4]), nonce.count == 12, body.count >= AES256GCM.tagCount
        else { return nil }
        let (ciphertext, tag) = (body.dropLast(AES256GCM.tagCount), body.suffix(AES256GCM.tagCount))
        return AES256GCM.Sealed(nonce: nonce, ciphertext: Array(ciphertext), tag: Array(tag))
    }

    private func parseOriginal(_ stored: String) -> AES256GCM.Sealed? {
        let parts = stored.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 5, let nonce = Hex.decode(parts[2]), let ciphertext = Hex.decode(parts[3]),
            let tag = Hex.decode(parts[4]), !nonce.isEmpty, tag.count == AES256GCM.tagCount
        else { return nil }
        return AES256GCM.Sealed(nonce: nonce, ciphertext: ciphertext, tag: tag)
    }

    /// Every part is preceded by its length, so that no two locations have the same spelling.
    private func associatedData(_ location: FieldLocation) -> [UInt8] {
        var bytes: [UInt8] = []
        for part in ["\(location.table)", "\(location.column)", location.row, keyID] {
            bytes.append(contentsOf: "\(part.utf8.count):\(part)".utf8)
        }
        return bytes
    }

    // MARK: - The original's keys

    private func openOriginal(_ sealed: AES256GCM.Sealed) -> Secret? {
        for key in madeOriginalKeys() {
            if let secret = try? AES256GCM.open(sealed, key: key) { return secret }
        }
        return nil
    }

    /// The present key of the original and the one it used before version 3.7.9.
    private func madeOriginalKeys() -> [Secret] {
        originalKeys.withLock { keys in
            if let keys { return keys }
            let oldSalt = secret.withBytes { SHA256.hash($0).bytes.prefix(16) }
            let made = [
                try? KeyDerivation.scrypt(secret, salt: "omniroute-field-encryption-v1".utf8),
                try? KeyDerivation.scrypt(secret, salt: oldSalt),
            ].compactMap { $0 }
            keys = made
            return made
        }
    }
}

private func isHexDigit(_ character: UInt8) -> Bool {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
        UInt8(ascii: "A")...UInt8(ascii: "F"):
        true
    default: false
    }
}
