package import Dialects
import Providers

/// What a model name stands for.
///
/// Boxed but for the usual case: a request passes it on several times.
package enum Resolution: Sendable {
    indirect case combo(RoutedCombo, wantsLongContext: Bool)
    case single(RouteTarget)
    indirect case failure(Failure)
}

/// Turns the model names of clients into combos and targets.
package struct ModelResolver: Sendable {
    let tables: RoutingTables

    package init(_ tables: RoutingTables) {
        self.tables = tables
    }

    /// What the name in a request stands for.
    package func resolve(_ text: String) -> Resolution {
        tables.resolution(of: text) { workOut(text) }
    }

    private func workOut(_ text: String) -> Resolution {
        let name: ModelName
        switch ModelName.read(text) {
        case .success(let read): name = read
        case .failure(let failure): return .failure(failure)
        }
        if let combo = combo(for: name) { return combo }
        return target(named: name.bare).resolution(name.wantsLongContext)
    }

    /// What the name stands for on a route that belongs to one provider: the prefix may be missing but not another's.
    package func resolve(_ text: String, provider prefix: String) -> Resolution {
        let name: ModelName
        switch ModelName.read(text) {
        case .success(let read): name = read
        case .failure(let failure): return .failure(failure)
        }
        guard let party = party(prefix) else { return .failure(.noCredentials(prefix)) }
        let named = name.bare.splitAtSlash
        if let named, let other = self.party(named.prefix), !owns(party, name.bare) {
            guard other.id == party.id else {
                return .failure(
                    Failure(.invalidRequest, "Model \(name.bare) does not belong to provider \(prefix)", param: "model")
                )
            }
            return Result.success(target(party, named.rest)).resolution(name.wantsLongContext)
        }
        return Result.success(target(party, name.bare)).resolution(name.wantsLongContext)
    }

    // MARK: - Combos (rules 1 to 4)

    private func combo(for name: ModelName) -> Resolution? {
        if let auto = automatic(name) { return auto }
        let combo = combo(exactly: name.full) ?? combo(exactly: name.bare) ?? mapped(name)
        if let combo { return .combo(combo, wantsLongContext: name.wantsLongContext) }
        guard let wanted = name.bare.rest(after: "combo/") else { return nil }
        guard let combo = tables.combo(named: wanted) else {
            return .failure(Failure(.notFound, "Combo not found: \(wanted)", param: "model"))
        }
        guard combo.isActive else {
            return .failure(Failure(.notFound, "Combo is switched off: \(wanted)", param: "model"))
        }
        return .combo(combo, wantsLongContext: name.wantsLongContext)
    }

    private func combo(exactly name: String) -> RoutedCombo? {
        guard let combo = tables.combo(named: name), combo.isActive, !combo.steps.isEmpty else { return nil }
        return combo
    }

    private func mapped(_ name: ModelName) -> RoutedCombo? {
        for mapping in tables.mappings where mapping.isEnabled && Glob.matches(mapping.pattern, name.bare) {
            if let combo = tables.combo(withID: mapping.comboID), combo.isActive { return combo }
        }
        return nil
    }

    /// `auto` and `auto/…`: a stored combo of that name, or a clear refusal; the automatic router is not there yet.
    private func automatic(_ name: ModelName) -> Resolution? {
        guard name.bare == "auto" || name.bare.hasPrefix("auto/") else { return nil }
        guard tables.settings.allowsAutoRouting else {
            return .failure(
                Failure(
                    .invalidRequest,
                    "Automatic routing is switched off: enable auto routing in Settings > Routing",
                    param: "model"
                )
            )
        }
        let best = name.bare.rest(after: "auto/").map { "auto/best-" + $0 }
        if let combo = combo(exactly: name.bare) ?? best.flatMap(combo(exactly:)) {
            return .combo(combo, wantsLongContext: name.wantsLongContext)
        }
        return .failure(
            Failure(
                .invalidRequest,
                "\(name.bare) is not available: create a combo of that name, or name a combo or provider/model",
                param: "model"
            )
        )
    }

    // MARK: - Targets (rules 5 to 11)

    /// The target of a name that is no combo; also used for the entries of combos.
    func target(named name: String) -> Result<RouteTarget, Failure> {
        guard let (prefix, rest) = name.splitAtSlash else { return bareTarget(name) }
        if let node = tables.node(prefix) { return .success(target(.node(node), rest)) }
        if tables.settings.stripsModelPrefix { return bareTarget(rest) }
        guard let provider = tables.catalogue.provider(prefix) else {
            // An alias with a slash, a model whose own id has a vendor path, or a prefix nobody knows.
            if let alias = aliased(name) { return alias }
            let isListed = !tables.catalogue.providers(listing: name).isEmpty
            return isListed ? bareTarget(name) : .failure(.noCredentials(prefix))
        }
        let isForeign = !ProviderModels.owns(provider, rest) && !tables.catalogue.providers(listing: name).isEmpty
        return isForeign ? bareTarget(name) : .success(target(.provider(provider), rest))
    }

    private func bareTarget(_ name: String) -> Result<RouteTarget, Failure> {
        if let alias = aliased(name) { return alias }
        let known =
            tables.settings.understandsForeignNames ? ForeignNames.local(name) ?? name : name
        return BareNames(tables).target(of: known)
    }

    /// Exact aliases, then patterns; a value without a provider is inferred like a name without one.
    private func aliased(_ name: String) -> Result<RouteTarget, Failure>? {
        if let value = tables.aliases[name], value != name {
            return value.splitAtSlash == nil ? BareNames(tables).target(of: value) : qualified(value)
        }
        guard let wildcard = tables.wildcards.first(where: { Glob.matches($0.pattern, name) }) else { return nil }
        return qualified(wildcard.target)
    }

    /// A `provider/model` text from an alias: no aliases are applied again, so that they cannot go in circles.
    private func qualified(_ text: String) -> Result<RouteTarget, Failure> {
        guard let (prefix, rest) = text.splitAtSlash else { return BareNames(tables).target(of: text) }
        guard let party = party(prefix) else {
            return BareNames(tables).listed(text) ?? .failure(.noCredentials(prefix))
        }
        return .success(target(party, rest))
    }

    func party(_ prefix: String) -> UpstreamParty? {
        if let node = tables.node(prefix) { return .node(node) }
        return tables.catalogue.provider(prefix).map(UpstreamParty.provider)
    }

    func target(_ party: UpstreamParty, _ model: String) -> RouteTarget {
        RouteTarget(party: party, model: RenamedModels.current(model, provider: party.id))
    }

    private func owns(_ party: UpstreamParty, _ model: String) -> Bool {
        switch party {
        case .provider(let provider): provider.chat?.models[model] != nil
        case .node: false
        }
    }
}

extension Result<RouteTarget, Failure> {
    fileprivate func resolution(_ wantsLongContext: Bool) -> Resolution {
        switch self {
        case .success(let target):
            return .single(target.withLongContext(wantsLongContext))
        case .failure(let failure):
            return .failure(failure)
        }
    }
}

extension Failure {
    /// Nobody has set the provider up, or nobody knows it.
    static func noCredentials(_ provider: String) -> Failure {
        Failure(.invalidRequest, "No credentials for provider: \(provider)", param: "model")
    }
}
