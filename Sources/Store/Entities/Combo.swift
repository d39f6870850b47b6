import CryptoCore
package import JSONCore
package import TimeCore

/// A named list of models that are tried by a strategy.
package struct Combo: Sendable, Identifiable {
    package var id: String
    package var name: String
    package var steps: [ComboStep]
    /// `priority`, `weighted`, `round-robin`, …; old spellings are brought up to date when read.
    package var strategy: String
    /// The combo's own settings, an object.
    package var config: JSONDocument
    package var isActive: Bool
    package var isHidden: Bool
    /// 0 in a new combo means "behind all others".
    package var sortOrder: Int
    package var version: Int
    package var allowedProviders: [String]
    package var systemMessage: String?
    package var toolFilterRegex: String?
    package var contextCacheProtection: Bool
    package var contextLength: Int?
    package var createdAt: WallTime
    package var updatedAt: WallTime
    /// The whole combo as JSON.
    ///
    /// Saving writes the fields above into it and keeps every member it does not know.
    package var data: JSONDocument

    /// A combo with every field; most have a default.
    package init(
        id: String = SecureRandom.uuid(),
        name: String,
        steps: [ComboStep],
        strategy: String = "priority",
        config: JSONDocument = .emptyObject,
        isActive: Bool = true,
        isHidden: Bool = false,
        sortOrder: Int = 0,
        version: Int = 2,
        allowedProviders: [String] = [],
        systemMessage: String? = nil,
        toolFilterRegex: String? = nil,
        contextCacheProtection: Bool = false,
        contextLength: Int? = nil,
        createdAt: WallTime,
        updatedAt: WallTime,
        data: JSONDocument = .emptyObject
    ) {
        (self.id, self.name, self.steps, self.strategy, self.config) = (id, name, steps, strategy, config)
        (self.isActive, self.isHidden, self.sortOrder, self.version) = (isActive, isHidden, sortOrder, version)
        (self.allowedProviders, self.systemMessage) = (allowedProviders, systemMessage)
        (self.toolFilterRegex, self.contextCacheProtection) = (toolFilterRegex, contextCacheProtection)
        (self.contextLength, self.createdAt, self.updatedAt) = (contextLength, createdAt, updatedAt)
        self.data = data
    }
}

/// One entry of a combo.
package enum ComboStep: Sendable, Hashable {
    /// A model, possibly pinned to one account.
    case model(
        id: String,
        model: String,
        providerID: String? = nil,
        connectionID: String? = nil,
        weight: Int = 0,
        label: String? = nil
    )
    /// Another combo, by name.
    case comboRef(id: String, comboName: String, weight: Int = 0, label: String? = nil)

    /// Unique within its combo.
    package var id: String {
        switch self {
        case .model(let id, _, _, _, _, _), .comboRef(let id, _, _, _): id
        }
    }

    /// The share of requests under the strategy `weighted`.
    package var weight: Int {
        switch self {
        case .model(_, _, _, _, let weight, _), .comboRef(_, _, let weight, _): weight
        }
    }

    /// What the user calls the step.
    package var label: String? {
        switch self {
        case .model(_, _, _, _, _, let label), .comboRef(_, _, _, let label): label
        }
    }
}
