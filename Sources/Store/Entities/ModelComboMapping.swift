import CryptoCore
package import TimeCore

/// A rule that sends requests for certain model names to a combo.
package struct ModelComboMapping: Sendable, Identifiable {
    package var id: String
    /// A glob with `*` and `?`, matched without regard to case.
    package var pattern: String
    package var comboID: String
    /// Higher is tried first.
    package var priority: Int
    package var isEnabled: Bool
    package var description: String
    package var createdAt: WallTime
    package var updatedAt: WallTime

    /// A mapping with every field.
    package init(
        id: String = SecureRandom.uuid(),
        pattern: String,
        comboID: String,
        priority: Int = 0,
        isEnabled: Bool = true,
        description: String = "",
        createdAt: WallTime,
        updatedAt: WallTime
    ) {
        (self.id, self.pattern, self.comboID, self.priority) = (id, pattern, comboID, priority)
        (self.isEnabled, self.description) = (isEnabled, description)
        (self.createdAt, self.updatedAt) = (createdAt, updatedAt)
    }
}
