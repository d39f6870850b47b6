import SQLiteStore

extension Store {
    /// Adds a combo or replaces the one with its id.
    ///
    /// A new name is also put into other combos that refer to it.
    ///
    /// - Returns: The combo as it is stored.
    /// - Throws: `duplicate` when another combo has the name.
    @discardableResult
    package func saveCombo(_ combo: Combo, audit entry: AuditEntry? = nil) async throws -> Combo {
        try await perform(audit: entry) { mutation in
            let all = try mutation.combos.all()
            if let other = all.first(where: { $0.id != combo.id && $0.name == combo.name }) {
                throw StoreError(.duplicate, "Combo name already exists", existingID: other.id)
            }
            var combo = combo
            if combo.sortOrder == 0 { combo.sortOrder = (all.map(\.sortOrder).max() ?? 0) + 1 }
            combo.updatedAt = mutation.now
            _ = try mutation.combos.save(combo)
            if let before = all.first(where: { $0.id == combo.id }), before.name != combo.name {
                try mutation.rename(before.name, to: combo.name, in: all.filter { $0.id != combo.id })
            }
            try mutation.reloadCombos()
            return mutation.configuration.combo(combo.id) ?? combo
        }
    }

    /// Deletes a combo and the mappings to it.
    ///
    /// - Throws: `notFound`.
    package func deleteCombo(_ id: String, audit entry: AuditEntry? = nil) async throws {
        try await perform(audit: entry) { mutation in
            // A table of the original may lack the rule that would do this by itself.
            try mutation.database.execute("DELETE FROM model_combo_mappings WHERE combo_id = ?", [.text(id)])
            guard try mutation.database.execute("DELETE FROM combos WHERE id = ?", [.text(id)]) > 0 else {
                throw StoreError(.notFound, "Combo not found")
            }
            try mutation.reloadCombos()
        }
    }

    /// Puts combos into the given order; ones not named follow in their old order.
    package func reorderCombos(_ ids: [String], audit entry: AuditEntry? = nil) async throws {
        try await perform(audit: entry) { mutation in
            let all = try mutation.combos.all()
            let named = ids.compactMap { id in all.first { $0.id == id } }
            guard named.count == Set(ids).count else { throw StoreError(.notFound, "Combo not found") }
            let rest = all.filter { !ids.contains($0.id) }
            for (index, combo) in (named + rest).enumerated() where combo.sortOrder != index + 1 {
                var combo = combo
                combo.sortOrder = index + 1
                _ = try mutation.combos.save(combo)
            }
            try mutation.reloadCombos()
        }
    }

    // MARK: - Mappings

    /// Adds a mapping or replaces the one with its id.
    ///
    /// - Throws: `notFound` when there is no such combo.
    @discardableResult
    package func saveMapping(
        _ mapping: ModelComboMapping,
        audit entry: AuditEntry? = nil
    ) async throws -> ModelComboMapping {
        try await perform(audit: entry) { mutation in
            guard mutation.configuration.combo(mapping.comboID) != nil else {
                throw StoreError(.notFound, "Combo not found")
            }
            try mutation.mappings.save(mapping)
            try mutation.reloadCombos()
            return mapping
        }
    }

    /// Deletes a mapping.
    ///
    /// - Throws: `notFound`.
    package func deleteMapping(_ id: String, audit entry: AuditEntry? = nil) async throws {
        try await perform(audit: entry) { mutation in
            guard try mutation.database.execute("DELETE FROM model_combo_mappings WHERE id = ?", [.text(id)]) > 0
            else { throw StoreError(.notFound, "Mapping not found") }
            try mutation.reloadCombos()
        }
    }
}

extension Mutation {
    fileprivate func rename(_ old: String, to new: String, in others: [Combo]) throws {
        for var combo in others {
            let steps = combo.steps.map { step in
                guard case .comboRef(let id, old, let weight, let label) = step else { return step }
                return ComboStep.comboRef(id: id, comboName: new, weight: weight, label: label)
            }
            guard steps != combo.steps else { continue }
            combo.steps = steps
            combo.updatedAt = now
            _ = try combos.save(combo)
        }
    }
}
