import CryptoCore
import Gate
import HTTPCore
import HTTPServer
import JSONCore
import Store
import TimeCore

/// `/api/combos*`: names for several models, tried by a strategy.
struct ComboRoutes: Sendable {
    let services: ManagementServices

    private var store: Store { services.store }
    private static let standardDepth = 3

    var routes: [Route] {
        [
            .answering(.get, "/api/combos", access: .management, with: list),
            .answering(.post, "/api/combos", access: .management, with: create),
            .answering(.post, "/api/combos/reorder", access: .management, with: reorder),
            .answering(.get, "/api/combos/{id}", access: .management, with: show),
            .answering(.put, "/api/combos/{id}", access: .management, with: update),
            .answering(.delete, "/api/combos/{id}", access: .management, with: delete),
        ]
    }

    private func list(_ call: Call) async throws -> Response { Self.response(call.configuration.combos) }

    private static func response(_ combos: [Combo]) -> Response {
        .object { writer in
            writer.list("combos", combos) { $0.raw(bytes: $1.serialized()) }
        }
    }

    private func show(_ call: Call) async throws -> Response { .json(try find(call).serialized()) }

    private func find(_ call: Call) throws(Refusal) -> Combo {
        guard let combo = call.configuration.combo(call[parameter: "id"]) else {
            throw Refusal(.notFound, "Combo not found")
        }
        return combo
    }

    private func create(_ call: Call) async throws -> Response {
        let input = try ComboInput(
            try Body(call),
            comboNames: Set(call.configuration.combosByName.keys),
            currentName: nil
        )
        let now = services.time.wall()
        var combo = Combo(name: input.name ?? "", steps: [], createdAt: now, updatedAt: now)
        input.apply(to: &combo)
        try checkName(combo, call.configuration)
        try checkReferences(combo, replacing: nil, call.configuration)
        let entry = call.audit("combo.created", target: combo.id, resource: "combo") { [name = combo.name] in
            $0.member("name", name)
        }
        let saved = try await store.saveCombo(combo, audit: entry)
        return .json(saved.serialized(), status: .created)
    }

    private func update(_ call: Call) async throws -> Response {
        let before = try find(call)
        let body = try Body(call)
        if body.isEmpty { throw Issues.refusal("body", "Nothing to change") }
        let input = try ComboInput(
            body,
            comboNames: Set(call.configuration.combosByName.keys),
            currentName: before.name
        )
        var combo = before
        input.apply(to: &combo)
        try checkName(combo, call.configuration)
        try checkReferences(combo, replacing: before.name, call.configuration)
        let entry = call.audit("combo.updated", target: combo.id, resource: "combo") {
            $0.texts("changedFields", body.value.members.map(\.key.string))
        }
        return .json(try await store.saveCombo(combo, audit: entry).serialized())
    }

    /// 400, not 409: that is what clients of the original look for.
    private func checkName(_ combo: Combo, _ configuration: Configuration) throws(Refusal) {
        if let other = configuration.combosByName[combo.name], other.id != combo.id {
            throw Refusal(.badRequest, "Combo name already exists")
        }
    }

    private func checkReferences(
        _ combo: Combo,
        replacing oldName: String?,
        _ configuration: Configuration
    ) throws(Refusal) {
        var references: [String: [String]] = [:]
        for other in configuration.combos where other.id != combo.id {
            // References under the old name follow the combo to its new one.
            references[other.name] = Self.references(other).map { $0 == oldName ? combo.name : $0 }
        }
        let own = Self.references(combo).map { $0 == oldName ? combo.name : $0 }
        references[combo.name] = own
        if let missing = own.first(where: { references[$0] == nil }) {
            throw Issues.refusal("models", "There is no combo '\(missing)'")
        }
        let limit = combo.config.root.present("maxComboDepth")?.int ?? Self.standardDepth
        switch ComboGraph(references).fault(from: combo.name, limit: limit) {
        case .circle(let name): throw Refusal(.badRequest, "Circular combo reference detected: \(name)")
        case .tooDeep: throw Refusal(.badRequest, "Combos may be nested \(limit) deep at most")
        case nil: break
        }
    }

    private static func references(_ combo: Combo) -> [String] {
        combo.steps.compactMap { step in
            if case .comboRef(_, let name, _, _) = step { name } else { nil }
        }
    }

    private func delete(_ call: Call) async throws -> Response {
        let combo = try find(call)
        let entry = call.audit("combo.deleted", target: combo.id, resource: "combo") { $0.member("name", combo.name) }
        try await store.deleteCombo(combo.id, audit: entry)
        return .success
    }

    private func reorder(_ call: Call) async throws -> Response {
        let body = try Body(call)
        let ids = body.texts("comboIds", count: 1...1000, length: 1...100)
        if Set(ids).count != ids.count { body.reject("comboIds", "Every id may occur once") }
        try body.check()
        try await store.reorderCombos(ids, audit: call.audit("combo.reordered", resource: "combo"))
        return Self.response(store.configuration.combos)
    }
}
