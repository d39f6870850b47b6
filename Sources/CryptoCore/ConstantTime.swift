private import COpenSSL

/// Compares two byte strings in a time that depends on their lengths only.
///
/// Compare digests, whose length is public, rather than secrets of different lengths.
public func constantTimeEqual(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
    left.withBytes { first, firstCount in
        right.withBytes { second, secondCount in
            firstCount == secondCount && CRYPTO_memcmp(first, second, firstCount) == 0
        }
    }
}
