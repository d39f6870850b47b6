import CryptoCore

/// All API keys with their indexes.
struct KeyTable: Sendable {
    /// In the order they were made.
    let all: [APIKey]
    let byID: [String: APIKey]
    let byDigest: [Digest: APIKey]

    init(_ keys: [APIKey]) {
        all = keys
        byID = Dictionary(keys.map { ($0.id, $0) }) { first, _ in first }
        var byDigest: [Digest: APIKey] = [:]
        byDigest.reserveCapacity(keys.count)
        for key in keys {
            if let digest = key.digest { byDigest[digest] = key }
        }
        self.byDigest = byDigest
    }
}

/// What makes a session valid besides its signature.
struct SessionTable: Sendable {
    /// Rises when all sessions end; a session made under another number is void.
    var epoch: Int
    /// Identifiers of sessions ended one by one.
    var denied: Set<String>
}
