package import Gate
package import LogCore
package import Providers
package import Store
package import TimeCore

/// Everything the handlers work with.
package struct ManagementServices: Sendable {
    package let store: Store
    package let catalogue: Catalogue
    package let probe: any ConnectionProbe
    package let context: ServerContext
    /// The same tokens and policy as the gate's.
    package let tokens: SessionTokens
    package let policy: GatePolicy
    /// `ALLOW_API_KEY_REVEAL`: keys made from now on can be shown again.
    package let allowsKeyReveal: Bool
    package let time: any TimeSource
    package let log: Logger

    package init(
        store: Store,
        catalogue: Catalogue,
        probe: any ConnectionProbe,
        context: ServerContext,
        tokens: SessionTokens,
        policy: GatePolicy,
        allowsKeyReveal: Bool,
        time: any TimeSource,
        log: Logger
    ) {
        self.store = store
        self.catalogue = catalogue
        self.probe = probe
        self.context = context
        self.tokens = tokens
        self.policy = policy
        self.allowsKeyReveal = allowsKeyReveal
        self.time = time
        self.log = log
    }
}

/// The management API as routes.
package struct ManagementAPI: Sendable {
    private let services: ManagementServices

    package init(_ services: ManagementServices) {
        self.services = services
    }

    /// Everything that is served under `/api`.
    package var routes: [Route] {
        // One for all entrances: a source that is locked at one is locked at all.
        let passwords = PasswordGate(services: services)
        var routes = LoginRoutes(services: services, passwords: passwords).routes
        routes += RequireLoginRoutes(services: services, passwords: passwords).routes
        routes += KeyRoutes(services: services, passwords: passwords).routes
        routes += ConnectionRoutes(services: services).routes
        routes += ConnectionTrialRoutes(services: services).routes
        routes += NodeRoutes(services: services).routes
        routes += ComboRoutes(services: services).routes
        routes += ComboTestRoutes(services: services).routes
        routes += UsageRoutes(services: services).routes
        routes += PricingRoutes(catalogue: services.catalogue).routes
        routes += SystemRoutes(services: services).routes
        return routes
    }
}
