package import Providers
import Synchronization

/// A model at an upstream.
///
/// A class, because every request passes it on several times.
package final class RouteTarget: Sendable {
    package let party: UpstreamParty
    /// Model id without the upstream's prefix.
    package let model: String
    /// The name ended in `[1m]`: the long context is wanted where the model offers it.
    package let wantsLongContext: Bool
    private let known = Mutex(Known())

    /// What was looked up before.
    private struct Known {
        var price: Price??
        /// The accounts to try, and whose tables say so.
        var accounts: (of: RoutingTables.Identity, list: [Account])?
    }

    package init(party: UpstreamParty, model: String, wantsLongContext: Bool = false) {
        self.party = party
        self.model = model
        self.wantsLongContext = wantsLongContext
    }

    /// The list price, looked up once: a target belongs to one catalogue.
    func listPrice(in catalogue: Catalogue) -> Price? {
        known.withLock { known in
            if let price = known.price { return price }
            let price = catalogue.price(provider: provider, model: model)
            known.price = .some(price)
            return price
        }
    }

    /// The accounts to try, worked out once for the tables that are asked.
    func accounts(in tables: RoutingTables.Identity, _ workOut: () -> [Account]) -> [Account] {
        known.withLock { known in
            if let accounts = known.accounts, accounts.of === tables { return accounts.list }
            let list = workOut()
            known.accounts = (tables, list)
            return list
        }
    }

    /// The same model with or without its long context.
    func withLongContext(_ isWanted: Bool) -> RouteTarget {
        isWanted == wantsLongContext ? self : RouteTarget(party: party, model: model, wantsLongContext: isWanted)
    }

    /// Id of the provider or node.
    package var provider: String { party.id }

    /// The name under which a client can ask for exactly this: `alias/model`.
    package var qualifiedName: String { party.prefix + "/" + model }
}
