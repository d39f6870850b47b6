import Dialects
import Providers

/// One target of a plan, in its place.
struct PlanTarget: Sendable {
    let target: RouteTarget
    /// Where it stands in a combo; nil without one.
    let place: Place?

    /// The only account to use.
    var pinnedAccount: String? { place?.pinnedAccount }

    /// What a combo says about one of its targets.
    final class Place: Sendable {
        /// Ids of the steps from the outer combo inwards, joined by `>`.
        let executionKey: String
        let label: String?
        let pinnedAccount: String?

        init(executionKey: String, label: String?, pinnedAccount: String?) {
            self.executionKey = executionKey
            self.label = label
            self.pinnedAccount = pinnedAccount
        }
    }
}

/// Writes the targets of a combo out in list order, with the combos it refers to in their place.
struct ComboExpansion: Sendable {
    private let resolver: ModelResolver
    private let wantsLongContext: Bool
    private(set) var targets: [PlanTarget] = []
    /// Why entries were left out, in order.
    private(set) var problems: [Failure] = []

    init(_ combo: RoutedCombo, resolver: ModelResolver, wantsLongContext: Bool) {
        self.resolver = resolver
        self.wantsLongContext = wantsLongContext
        add(combo, path: [], keys: [], depth: combo.settings.maxDepth, allowed: combo.allowedProviders)
    }

    /// Adds the targets of a combo.
    ///
    /// `path` names the combos around it, so that a combo inside itself is skipped; `depth` says how many more levels
    /// of references are followed.
    private mutating func add(
        _ combo: RoutedCombo,
        path: [String],
        keys: [String],
        depth: Int,
        allowed: Set<String>
    ) {
        let path = path + [combo.name]
        for step in combo.steps {
            let keys = keys + [step.id]
            switch step {
            case .reference(_, let name):
                addReference(name, path: path, keys: keys, depth: depth, allowed: allowed)
            case .model(_, let model, let provider, let account, let label):
                if provider == nil, resolver.tables.combo(named: model) != nil {
                    addReference(model, path: path, keys: keys, depth: depth, allowed: allowed)
                } else {
                    addModel(model, provider: provider, account: account, label: label, keys: keys, allowed: allowed)
                }
            }
        }
    }

    private mutating func addReference(
        _ name: String,
        path: [String],
        keys: [String],
        depth: Int,
        allowed: Set<String>
    ) {
        guard depth > 0, !path.contains(name), let combo = resolver.tables.combo(named: name), combo.isActive else {
            problems.append(Failure(.notFound, "Combo entry skipped: \(name)"))
            return
        }
        // Inner restrictions narrow the outer ones.
        let both =
            allowed.isEmpty || combo.allowedProviders.isEmpty
            ? allowed.union(combo.allowedProviders) : allowed.intersection(combo.allowedProviders)
        let excludesAll = both.isEmpty && !(allowed.isEmpty && combo.allowedProviders.isEmpty)
        if !excludesAll { add(combo, path: path, keys: keys, depth: depth - 1, allowed: both) }
    }

    private mutating func addModel(
        _ model: String,
        provider: String?,
        account: String?,
        label: String?,
        keys: [String],
        allowed: Set<String>
    ) {
        switch target(model, provider: provider) {
        case .failure(let failure):
            problems.append(failure)
        case .success(let target):
            guard allowed.isEmpty || allowed.contains(target.provider) || allowed.contains(target.party.prefix) else {
                return
            }
            let key = keys.joined(separator: ">")
            targets.append(
                PlanTarget(
                    target: target.withLongContext(wantsLongContext || target.wantsLongContext),
                    place: PlanTarget.Place(executionKey: key, label: label, pinnedAccount: account)
                )
            )
        }
    }

    private func target(_ text: String, provider: String?) -> Result<RouteTarget, Failure> {
        let name: ModelName
        switch ModelName.read(text) {
        case .success(let read): name = read
        case .failure(let failure): return .failure(failure)
        }
        let target: RouteTarget
        if let provider, let party = resolver.party(provider) {
            // The entry may repeat the provider's prefix or not.
            let prefixed = name.bare.splitAtSlash.flatMap { resolver.party($0.prefix)?.id == party.id ? $0.rest : nil }
            target = resolver.target(party, prefixed ?? name.bare)
        } else {
            switch resolver.target(named: name.bare) {
            case .success(let found): target = found
            case .failure(let failure): return .failure(failure)
            }
        }
        return .success(target.withLongContext(name.wantsLongContext))
    }
}
