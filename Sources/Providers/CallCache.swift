import Dialects
import Synchronization

/// Remembers the plans of calls: an account asks for the same one thousands of times.
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
        /// Whether the client speaks Responses, which some providers are then spoken to in.
        let prefersResponses: Bool
        let clientVersion: String?
        let clientBetas: [String]

        /// A function, because what an initialiser is given is copied for it.
        static func of(_ party: UpstreamParty, account: UpstreamAccount, request: CallRequest) -> Key {
            Key(
                party: party.id,
                account: account.id,
                model: request.model,
                stream: request.stream,
                wantsLongContext: request.wantsLongContext,
                prefersResponses: request.clientDialect == .openAIResponses,
                clientVersion: request.clientVersion,
                clientBetas: request.clientBetas
            )
        }

        /// What tells most keys apart, and everything that is a client's to choose; all of it is compared.
        func hash(into hasher: inout Hasher) {
            hasher.combine(account)
            hasher.combine(model)
            hasher.combine(clientVersion)
            hasher.combine(clientBetas)
        }

        /// Whether the client's part is of an ordinary size.
        var isSmall: Bool {
            clientBetas.reduce(clientVersion?.utf8.count ?? 0) { $0 + $1.utf8.count } <= CallCache.longestBetas
        }
    }

    private final class Entry: Sendable {
        let options: ConnectionOptions
        let node: UpstreamNode?
        let plan: CallPlan

        init(_ plan: CallPlan, party: UpstreamParty, options: ConnectionOptions) {
            self.plan = plan
            self.options = options
            node = party.node
        }

        /// Whether it was made from these.
        func isMade(from node: UpstreamNode?, _ options: ConnectionOptions) -> Bool {
            self.options.isSame(as: options) && self.node == node
        }
    }

    /// A plan at hand where its account is; apart from `Entry`, which keeps the account's options.
    final class Recent: Sendable {
        let key: Key
        let node: UpstreamNode?
        let plan: CallPlan

        init(_ plan: CallPlan, key: Key, node: UpstreamNode?) {
            self.plan = plan
            self.key = key
            self.node = node
        }
    }

    /// Clients choose models and betas: neither the number nor the size of the entries is theirs to choose.
    private static let capacity = 1_024
    fileprivate static let longestBetas = 1_024

    private let entries = Mutex<[Key: Entry]>([:])

    /// The plan made earlier, if it still holds.
    func plan(_ key: Key, party: UpstreamParty, options: ConnectionOptions) -> CallPlan? {
        let node = party.node
        if let recent = options.recentCall.withLock({ $0 }), recent.key == key, recent.node == node {
            return recent.plan
        }
        guard let entry = entries.withLock({ $0[key] }), entry.isMade(from: node, options) else { return nil }
        options.recentCall.withLock { $0 = Recent(entry.plan, key: key, node: node) }
        return entry.plan
    }

    func remember(_ plan: CallPlan, as key: Key, party: UpstreamParty, options: ConnectionOptions) {
        guard key.isSmall else { return }
        let entry = Entry(plan, party: party, options: options)
        entries.withLock { entries in
            if entries.count >= Self.capacity { entries.removeAll() }
            entries[key] = entry
        }
    }
}
