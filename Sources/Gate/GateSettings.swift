/// The settings that an administrator may change while the server runs, as far as they concern the gate.
package struct GateSettings: Sendable, Hashable {
    /// Whether the management surface needs a login.
    package var requiresLogin = true
    /// The dashboard's switch over `REQUIRE_API_KEY`; `nil` leaves it to the environment.
    package var requiresAPIKey: Bool?
    /// Origins allowed in addition to those of the environment.
    package var corsOrigins: [String] = []
    /// A body limit that wins over `MAX_BODY_SIZE_BYTES`.
    package var bodyLimit: Int?

    package init() {}

    /// Whether a listed origin is meant.
    func lists(_ normalized: String) -> Bool {
        corsOrigins.contains { normalizedOrigin($0) == normalized }
    }
}
