/// A combo as routing sees it: an ordered list of targets and the numbers of its attempt loop.
package struct RoutedCombo: Sendable, Identifiable {
    /// One entry of the list.
    package enum Step: Sendable, Equatable {
        /// A model, with an upstream and an account where they are fixed.
        case model(id: String, model: String, provider: String?, account: String?, label: String?)
        /// Another combo, whose entries stand here.
        case reference(id: String, combo: String)

        var id: String {
            switch self {
            case .model(let id, _, _, _, _): id
            case .reference(let id, _): id
            }
        }
    }

    package var id: String
    package var name: String
    package var steps: [Step]
    /// As stored; every strategy is followed as `priority` (list order) for now.
    package var strategy: String
    package var settings: ComboSettings
    package var isActive: Bool
    /// Upstreams it may use; empty for all.
    package var allowedProviders: Set<String>

    package init(
        id: String,
        name: String,
        steps: [Step],
        strategy: String = "priority",
        settings: ComboSettings = ComboSettings(),
        isActive: Bool = true,
        allowedProviders: Set<String> = []
    ) {
        self.id = id
        self.name = name
        self.steps = steps
        self.strategy = strategy
        self.settings = settings
        self.isActive = isActive
        self.allowedProviders = allowedProviders
    }
}
