private import COpenSSL

/// Authenticated encryption with AES-256 in Galois/counter mode (NIST SP 800-38D).
public enum AES256GCM {
    /// Ciphertext with what is needed to open it again, except the key and the associated data.
    public struct Sealed: Sendable, Equatable {
        /// Unique for every message under one key; 12 bytes unless another program chose otherwise.
        public let nonce: [UInt8]
        /// As long as the plaintext.
        public let ciphertext: [UInt8]
        /// 16 bytes that prove nothing was changed.
        public let tag: [UInt8]

        /// Puts together what was stored or received.
        public init(nonce: [UInt8], ciphertext: [UInt8], tag: [UInt8]) {
            self.nonce = nonce
            self.ciphertext = ciphertext
            self.tag = tag
        }
    }

    /// The length of the tag.
    public static let tagCount = 16

    // Fetched once; immutable and shared by design.
    private nonisolated(unsafe) static let algorithm = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)

    /// One operation's working memory.
    private struct Context: ~Copyable {
        let pointer: OpaquePointer

        init() throws(CryptoError) {
            guard let pointer = EVP_CIPHER_CTX_new() else { throw .fromOpenSSL() }
            self.pointer = pointer
        }

        deinit { EVP_CIPHER_CTX_free(pointer) }
    }

    /// Encrypts `plaintext` and binds it to `associatedData`, which is authenticated but not stored.
    ///
    /// - Parameters:
    ///   - plaintext: What to hide; may be empty.
    ///   - key: Exactly 32 bytes.
    ///   - nonce: Leave it out for 12 random bytes; never use one twice with the same key.
    ///   - associatedData: Where the value belongs, so that it opens nowhere else.
    /// - Returns: Ciphertext, nonce and tag.
    /// - Throws: `invalidParameter` when key or nonce have a wrong size.
    public static func seal(
        _ plaintext: some Collection<UInt8>,
        key: Secret,
        nonce: [UInt8] = SecureRandom.bytes(12),
        associatedData: some Collection<UInt8> = EmptyCollection<UInt8>()
    ) throws(CryptoError) -> Sealed {
        let context = try Context()
        try start(context, key: key, nonce: nonce, associatedData: associatedData, encrypting: true)
        let length = plaintext.count
        guard length <= Int(Int32.max) - 64 else { throw CryptoError(.invalidParameter) }
        var ciphertext = [UInt8](repeating: 0, count: length)
        if length > 0 {
            try plaintext.withBytes { bytes, count throws(CryptoError) in
                var written: Int32 = 0
                guard EVP_EncryptUpdate(context.pointer, &ciphertext, &written, bytes, Int32(count)) == 1,
                    Int(written) == count
                else { throw .fromOpenSSL() }
            }
        }
        var tag = [UInt8](repeating: 0, count: tagCount)
        var rest: Int32 = 0
        var block = [UInt8](repeating: 0, count: 16)
        guard EVP_EncryptFinal_ex(context.pointer, &block, &rest) == 1, rest == 0,
            omni_openssl_gcm_get_tag(context.pointer, &tag) == 1
        else { throw .fromOpenSSL() }
        return Sealed(nonce: nonce, ciphertext: ciphertext, tag: tag)
    }

    /// Decrypts into memory that is wiped on release.
    ///
    /// - Throws: `authenticationFailed` unless key, nonce, ciphertext, tag and associated data are all the sealed ones.
    public static func open(
        _ sealed: Sealed,
        key: Secret,
        associatedData: some Collection<UInt8> = EmptyCollection<UInt8>()
    ) throws(CryptoError) -> Secret {
        guard sealed.tag.count == tagCount, sealed.ciphertext.count <= Int(Int32.max) - 64 else {
            throw CryptoError(.invalidParameter)
        }
        let context = try Context()
        try start(context, key: key, nonce: sealed.nonce, associatedData: associatedData, encrypting: false)
        return try Secret(count: sealed.ciphertext.count) { out throws(CryptoError) in
            var written: Int32 = 0
            if let target = out.baseAddress, !sealed.ciphertext.isEmpty {
                let bytes = target.assumingMemoryBound(to: UInt8.self)
                guard
                    EVP_DecryptUpdate(
                        context.pointer,
                        bytes,
                        &written,
                        sealed.ciphertext,
                        Int32(sealed.ciphertext.count)
                    ) == 1
                else { throw .fromOpenSSL() }
            }
            guard omni_openssl_gcm_set_tag(context.pointer, sealed.tag) == 1 else { throw .fromOpenSSL() }
            var block = [UInt8](repeating: 0, count: 16)
            guard EVP_DecryptFinal_ex(context.pointer, &block, &written) == 1 else {
                ERR_clear_error()
                throw CryptoError(.authenticationFailed)
            }
        }
    }

    private static func start(
        _ context: borrowing Context,
        key: Secret,
        nonce: [UInt8],
        associatedData: some Collection<UInt8>,
        encrypting: Bool
    ) throws(CryptoError) {
        guard key.count == 32, (1...128).contains(nonce.count), let algorithm else {
            throw CryptoError(.invalidParameter)
        }
        let direction: Int32 = encrypting ? 1 : 0
        let pointer = context.pointer
        guard EVP_CipherInit_ex(pointer, algorithm, nil, nil, nil, direction) == 1,
            omni_openssl_gcm_set_iv_length(pointer, Int32(nonce.count)) == 1
        else { throw .fromOpenSSL() }
        let keyed = key.withBytes { key in
            key.withBytes { key, _ in EVP_CipherInit_ex(pointer, nil, nil, key, nonce, direction) }
        }
        guard keyed == 1 else { throw .fromOpenSSL() }
        guard !associatedData.isEmpty else { return }
        let bound = associatedData.withBytes { bytes, count in
            var written: Int32 = 0
            return EVP_CipherUpdate(pointer, nil, &written, bytes, Int32(clamping: count))
        }
        guard bound == 1 else { throw .fromOpenSSL() }
    }
}
