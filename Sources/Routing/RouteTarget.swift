package import Providers

/// A model at an upstream.
package struct RouteTarget: Sendable {
    package var party: UpstreamParty
    /// Model id without the upstream's prefix.
    package var model: String
    /// The name ended in `[1m]`: the long context is wanted where the model offers it.
    package var wantsLongContext: Bool

    package init(party: UpstreamParty, model: String, wantsLongContext: Bool = false) {
        self.party = party
        self.model = model
        self.wantsLongContext = wantsLongContext
    }

    /// Id of the provider or node.
    package var provider: String { party.id }

    /// The name under which a client can ask for exactly this: `alias/model`.
    package var qualifiedName: String { party.prefix + "/" + model }
}
