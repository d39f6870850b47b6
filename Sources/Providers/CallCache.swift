import Synchronization

/// A call that is complete but for its credential.
struct PreparedCall: Sendable {
    var call: UpstreamCall
    let credential: CredentialPlacement
}

/// Remembers prepared calls: an account asks for the same one thousands of times.
///
/// Credentials are never kept here. An entry counts only while the account's options and the node are those it was made
/// from, so that a change of the configuration is seen at once.
final class CallCache: Sendable {
    struct Key: Hashable {
        let party: String
        let account: String
        let model: String
        let stream: Bool
        let wantsLongContext: Bool
        let clientVersion: String?
        let clientBetas: [String]

        init(_ party: UpstreamParty, account: UpstreamAccount, request: CallRequest) {
            self.party = party.id
            self.account = account.id
            model = request.model
            stream = request.stream
            wantsLongContext = request.wantsLongContext
            clientVersion = request.clientVersion
            clientBetas = request.clientBetas
        }

        /// Whether the client's part is of an ordinary size.
        var isSmall: Bool {
            clientBetas.reduce(clientVersion?.utf8.count ?? 0) { $0 + $1.utf8.count } <= CallCache.longestBetas
        }
    }

    private struct Entry {
        let options: ConnectionOptions
        let node: UpstreamNode?
        let prepared: PreparedCall
    }

    /// Clients choose models and betas: neither the number nor the size of the entries is theirs to choose.
    private static let capacity = 1_024
    fileprivate static let longestBetas = 1_024

    private let entries = Mutex<[Key: Entry]>([:])

    /// The call prepared earlier, if it still holds.
    func call(_ key: Key, party: UpstreamParty, options: ConnectionOptions) -> PreparedCall? {
        guard let entry = entries.withLock({ $0[key] }), entry.options.isSame(as: options), entry.node == party.node
        else { return nil }
        return entry.prepared
    }

    func remember(_ prepared: PreparedCall, as key: Key, party: UpstreamParty, options: ConnectionOptions) {
        guard key.isSmall else { return }
        entries.withLock { entries in
            if entries.count >= Self.capacity { entries.removeAll() }
            entries[key] = Entry(options: options, node: party.node, prepared: prepared)
        }
    }
}

extension UpstreamParty {
    /// The user's definition, for nodes.
    fileprivate var node: UpstreamNode? {
        if case .node(let node) = self { node } else { nil }
    }
}
