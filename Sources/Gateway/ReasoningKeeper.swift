import CryptoCore
import Dialects
import LogCore
import Store

/// The store's vault as a memory of the dialects.
final class ReasoningKeeper: ReasoningMemory {
    private let vault: ReasoningVault
    private let lifetime: Duration
    private let persists: Bool

    init(_ vault: ReasoningVault, lifetime: Duration, persists: Bool) {
        (self.vault, self.lifetime, self.persists) = (vault, lifetime, persists)
    }

    var isEmpty: Bool { vault.isEmpty }

    func recall(_ key: ReasoningKey) -> RememberedReasoning? {
        vault.value(for: key.digest).map(RememberedReasoning.init)
    }

    func remember(_ reasoning: RememberedReasoning, for keys: [ReasoningKey]) {
        vault.keep(reasoning.bytes, for: keys.map(\.digest), lifetime: lifetime, persists: persists)
    }
}

/// The memories of a gateway; requests are given one or the other.
struct ReasoningKeepers {
    private let persisting: ReasoningKeeper
    /// For keys whose requests leave no trace on the disk.
    private let fleeting: ReasoningKeeper

    /// `nil` if the operator wants none.
    init?(_ settings: GatewaySettings, _ vault: ReasoningVault) {
        guard settings.reasoningMemory != .off else { return nil }
        let persists = settings.reasoningMemory == .persistent
        persisting = ReasoningKeeper(vault, lifetime: settings.reasoningLifetime, persists: persists)
        fleeting = ReasoningKeeper(vault, lifetime: settings.reasoningLifetime, persists: false)
    }

    /// Lets the translation for an account keep and find what the request's owner may have.
    func lend(to context: inout TranslationContext, _ request: ChatRequest, account: String?) {
        context.account = account
        guard let memory = memory(of: request) else { return }
        context.memory = memory
        context.owner = request.key?.id ?? ""
    }

    /// Where the request's owner may keep and find something; nil if it is not to be kept.
    func memory(of request: ChatRequest) -> ReasoningKeeper? {
        guard request.configuration.keepsReasoning else { return nil }
        return request.key?.isLogged ?? true ? persisting : fleeting
    }
}

extension Gateway {
    /// Reads what was kept by an earlier process, or deletes it if nothing is to be kept on the disk any more.
    package func prepareReasoning() async {
        guard settings.reasoningMemory != .persistent else { return await store.reasoning.load() }
        do {
            try await store.reasoning.erase()
        } catch {
            log.warn("kept reasoning could not be deleted", .string("error", "\(error)"))
        }
    }
}
