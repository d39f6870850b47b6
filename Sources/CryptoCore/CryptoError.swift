private import COpenSSL

/// Why a cryptographic operation did not produce a result.
public struct CryptoError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure a caller can tell apart.
    public enum Code: Sendable, Equatable {
        /// A key, nonce, salt or parameter has a size the algorithm does not allow.
        case invalidParameter
        /// The ciphertext, its tag, the associated data or the key is not the one that was sealed.
        case authenticationFailed
        /// The text is a password hash of a kind this program cannot verify.
        case unsupportedHash
        /// The text claims to be a hash of a known kind but is malformed or asks for too much work.
        case malformedHash
        /// The C library refused; `detail` holds its number.
        case library
    }

    /// What went wrong.
    public let code: Code
    /// OpenSSL's packed error number, or the result code of the library concerned; 0 when there is none.
    public let detail: UInt

    init(_ code: Code, detail: UInt = 0) {
        self.code = code
        self.detail = detail
    }

    /// The last error OpenSSL noted on this thread; empties its queue so that no later failure is blamed on it.
    static func fromOpenSSL() -> CryptoError {
        let number = ERR_peek_last_error()
        ERR_clear_error()
        return CryptoError(.library, detail: UInt(number))
    }

    /// What was wrong, without any secret.
    public var description: String {
        switch code {
        case .invalidParameter: "a key, nonce, salt or cost has a size that is not allowed"
        case .authenticationFailed: "the data does not belong to this key or was changed"
        case .unsupportedHash: "this kind of password hash cannot be verified"
        case .malformedHash: "the password hash is malformed or asks for too much work"
        case .library: "the cryptographic library failed (code \(String(detail, radix: 16)))"
        }
    }
}
