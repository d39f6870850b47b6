private import COpenSSL

/// Functions that make keys out of secrets.
public enum KeyDerivation {
    /// HKDF-SHA256 (RFC 5869) for secrets that are random already; `info` names the purpose of the key.
    ///
    /// - Throws: `invalidParameter` when more than 8,160 bytes are asked for.
    public static func hkdf(
        _ secret: Secret,
        salt: some Collection<UInt8>,
        info: some Collection<UInt8>,
        count: Int = 32
    ) throws(CryptoError) -> Secret {
        guard (1...255 * 32).contains(count) else { throw CryptoError(.invalidParameter) }
        return try Secret(count: count) { out throws(CryptoError) in
            let done = secret.withBytes { secret in
                secret.withBytes { secret, secretCount in
                    salt.withBytes { salt, saltCount in
                        info.withBytes { info, infoCount in
                            omni_openssl_hkdf_sha256(
                                secret,
                                secretCount,
                                salt,
                                saltCount,
                                info,
                                infoCount,
                                out.bytePointer,
                                count
                            )
                        }
                    }
                }
            }
            guard done == 1 else { throw .fromOpenSSL() }
        }
    }

    /// scrypt (RFC 7914) for secrets a person may have chosen: slow and memory-hungry on purpose.
    ///
    /// - Throws: `library` when OpenSSL refuses the parameters, for example over 512 MiB of memory.
    public static func scrypt(
        _ secret: Secret,
        salt: some Collection<UInt8>,
        cost: UInt64 = 16384,
        blockSize: UInt64 = 8,
        parallelism: UInt64 = 1,
        count: Int = 32
    ) throws(CryptoError) -> Secret {
        guard count > 0 else { throw CryptoError(.invalidParameter) }
        return try Secret(count: count) { out throws(CryptoError) in
            let done = secret.withBytes { secret in
                secret.withCharacters { secret, secretCount in
                    salt.withBytes { salt, saltCount in
                        EVP_PBE_scrypt(
                            secret,
                            secretCount,
                            salt,
                            saltCount,
                            cost,
                            blockSize,
                            parallelism,
                            512 << 20,
                            out.bytePointer,
                            count
                        )
                    }
                }
            }
            guard done == 1 else { throw .fromOpenSSL() }
        }
    }

    /// PBKDF2-HMAC-SHA256 (RFC 8018), for formats that prescribe it.
    ///
    /// - Throws: `invalidParameter` when the number of rounds or bytes is not positive.
    public static func pbkdf2(
        _ secret: Secret,
        salt: some Collection<UInt8>,
        rounds: Int,
        count: Int = 32
    ) throws(CryptoError) -> Secret {
        guard count > 0, (1...Int(Int32.max)).contains(rounds) else { throw CryptoError(.invalidParameter) }
        return try Secret(count: count) { out throws(CryptoError) in
            let done = secret.withBytes { secret in
                secret.withCharacters { secret, secretCount in
                    salt.withBytes { salt, saltCount in
                        PKCS5_PBKDF2_HMAC(
                            secret,
                            Int32(clamping: secretCount),
                            salt,
                            Int32(clamping: saltCount),
                            Int32(rounds),
                            EVP_sha256(),
                            Int32(clamping: count),
                            out.bytePointer
                        )
                    }
                }
            }
            guard done == 1 else { throw .fromOpenSSL() }
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// The start as OpenSSL wants it; only for buffers known not to be empty.
    fileprivate var bytePointer: UnsafeMutablePointer<UInt8> {
        guard let baseAddress else { preconditionFailure("derived keys have at least one byte") }
        return baseAddress.assumingMemoryBound(to: UInt8.self)
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes as `char *`, for functions that take passwords as text with a length.
    fileprivate func withCharacters<Result>(_ body: (UnsafePointer<CChar>, Int) -> Result) -> Result {
        withBytes { start, count in
            start.withMemoryRebound(to: CChar.self, capacity: Swift.max(count, 1)) { body($0, count) }
        }
    }
}
