import JSONCore

/// Reads `providers.json` into providers; unknown keys are ignored, a missing number stays unknown.
struct CatalogueReader {
    /// Where a value in the file is not what the format says.
    private func malformed(_ provider: String, _ what: String) -> CatalogueError {
        CatalogueError(provider: provider, problem: what)
    }

    func providers(of document: JSONDocument) throws(CatalogueError) -> [Provider] {
        guard document.root.present("schemaVersion")?.int == 1, let list = document.root.present("providers"),
            list.isArray
        else { throw malformed("(file)", "schemaVersion 1 with a providers array is expected") }
        var providers: [Provider] = []
        providers.reserveCapacity(list.count)
        for value in list.elements { providers.append(try provider(value)) }
        return providers
    }

    private func provider(_ value: JSONValue) throws(CatalogueError) -> Provider {
        guard let id = value.present("id")?.string, !id.isEmpty else { throw malformed("(unnamed)", "id is missing") }
        guard let alias = value.present("alias")?.string, let name = value.present("name")?.string else {
            throw malformed(id, "alias or name is missing")
        }
        guard let category = value.present("category")?.string.flatMap(ProviderCategory.init(rawValue:)) else {
            throw malformed(id, "unknown category")
        }
        return Provider(
            id: id,
            alias: alias,
            aliases: strings(value.present("aliases")),
            name: name,
            category: category,
            source: value
        )
    }

    /// The rest of a provider.
    func details(of value: JSONValue, provider id: String) throws(CatalogueError) -> ProviderDetails {
        guard let services = value.present("services"), services.isObject else {
            throw malformed(id, "services are missing")
        }
        return ProviderDetails(
            status: value.present("status")?.string.flatMap(ProviderStatus.init(rawValue:)) ?? .active,
            freeTier: flag(value.present("freeTier")),
            subscriptionRisk: flag(value.present("subscriptionRisk")),
            unofficial: flag(value.present("unofficial")),
            website: value.present("website")?.string,
            format: try format(value.present("format"), of: id),
            executor: value.present("executor")?.string ?? "default",
            auth: try auth(value.present("auth"), of: id),
            headers: headers(value.present("headers")),
            clientIdentityHeaders: headers(value.present("clientIdentityHeaders")),
            baseURL: value.present("baseUrl")?.string,
            chat: try chat(services.present("chat"), of: id),
            services: try others(services, of: id),
            pricing: prices(value.present("pricing")),
            keyEnvironment: strings(value.present("keyEnv")),
            notes: strings(value.present("notes")),
            anonymousFallback: flag(value.present("anonymousFallback"))
        )
    }

    /// Ids and aliases of the chat models, without reading anything else.
    func chatModelNames(of value: JSONValue) -> [String] {
        guard let models = value.present("services")?.present("chat")?.present("models") else { return [] }
        var names: [String] = []
        for model in models.elements {
            if let id = model.present("id")?.string { names.append(id) }
            names += strings(model.present("aliases"))
        }
        return names
    }

    private func format(_ value: JSONValue?, of provider: String) throws(CatalogueError) -> WireFormat? {
        guard let name = value?.string else { return nil }
        guard let format = WireFormat(rawValue: name) else { throw malformed(provider, "unknown format \(name)") }
        return format
    }

    private func auth(_ value: JSONValue?, of provider: String) throws(CatalogueError) -> ProviderAuth {
        guard let value, let type = value.present("type")?.string.flatMap(ProviderAuth.Kind.init(rawValue:)) else {
            throw malformed(provider, "unknown auth type")
        }
        return ProviderAuth(
            type: type,
            header: value.present("header")?.string,
            scheme: value.present("scheme")?.string ?? "",
            credentialPrefix: value.present("credentialPrefix")?.string ?? "",
            query: value.present("query")?.string,
            alsoSend: strings(value.present("alsoSend")),
            apiKeyHeader: value.present("apiKeyHeader")?.string,
            hasOAuth: value.present("oauth") != nil,
            note: value.present("note")?.string
        )
    }

    // MARK: - Services

    private func chat(_ value: JSONValue?, of provider: String) throws(CatalogueError) -> ChatService? {
        guard let value else { return nil }
        guard let url = value.present("url")?.string else { throw malformed(provider, "chat has no url") }
        let anthropicURL = value.present("messages") ?? value.present("chatAnthropic")
        return ChatService(
            url: Template(url),
            modelsURL: template(value.present("modelsUrl")),
            modelsURLIsDerived: flag(value.present("modelsUrlDerived")),
            countTokensURL: template(value.present("countTokens")),
            messagesURL: template(anthropicURL),
            responsesURL: template(value.present("responses")),
            models: ModelList(try models(value.present("models"), of: provider)),
            acceptsAnyModel: flag(value.present("passthroughModels")),
            modelIDPrefix: value.present("modelIdPrefix")?.string,
            acceptedModelIDPrefixes: strings(value.present("acceptedModelIdPrefixes")),
            forceStream: flag(value.present("forceStream")),
            requestDefaults: requestDefaults(value.present("requestDefaults")),
            defaultContext: value.present("defaultContext")?.int,
            timeoutMilliseconds: value.present("timeoutMs")?.int,
            defaultAPIVersion: value.present("defaultApiVersion")?.string,
            anonymousAPIKey: value.present("anonymousApiKey")?.string,
            testKeyBaseURL: value.present("testKeyBaseUrl")?.string,
            isUnconfirmed: flag(value.present("unconfirmed"))
        )
    }

    private func others(_ services: JSONValue, of provider: String) throws(CatalogueError) -> [OtherService] {
        var others: [OtherService] = []
        for member in services.members {
            let kind = member.key.string
            if kind == "chat" { continue }
            others.append(
                OtherService(
                    kind: kind,
                    url: member.value.present("url")?.string ?? "",
                    format: member.value.present("format")?.string,
                    models: try models(member.value.present("models"), of: provider)
                )
            )
        }
        return others
    }

    private func models(_ value: JSONValue?, of provider: String) throws(CatalogueError) -> [ProviderModel] {
        guard let value else { return [] }
        var models: [ProviderModel] = []
        models.reserveCapacity(value.count)
        for element in value.elements { models.append(try model(element, of: provider)) }
        return models
    }

    private func model(_ value: JSONValue, of provider: String) throws(CatalogueError) -> ProviderModel {
        guard let id = value.present("id")?.string, !id.isEmpty else { throw malformed(provider, "a model has no id") }
        var model = ProviderModel(id: id, name: id)
        for member in value.members {
            switch member.key.string {
            case "name": model.name = member.value.string ?? id
            case "context": model.context = member.value.int
            case "maxOutput": model.maxOutput = member.value.int
            case "maxInput": model.maxInput = member.value.int
            case "caps": model.capabilities = capabilities(member.value)
            case "noXHighEffort": model.refusesXHighEffort = flag(member.value)
            case "format": model.format = try format(member.value, of: provider)
            case "dropParams": model.dropParameters = strings(member.value)
            case "aliases": model.aliases = strings(member.value)
            case "sendAs": model.sendAs = member.value.string
            case "interleavedField": model.interleavedField = member.value.string
            case "dimensions": model.dimensions = member.value.int
            case "legacy": model.legacy = member.value.string
            default: break
            }
        }
        return model
    }

    private func capabilities(_ value: JSONValue) -> ModelCapabilities {
        strings(value).reduce(into: ModelCapabilities()) { flags, name in
            if let flag = ModelCapabilities(name: name) { flags.insert(flag) }
        }
    }

    private func requestDefaults(_ value: JSONValue?) -> RequestDefaults {
        var defaults = RequestDefaults()
        defaults.maxTokens = value?.present("maxTokens")?.int
        defaults.temperature = value?.present("temperature")?.double
        defaults.thinkingType = value?.present("thinkingType")?.string
        defaults.thinkingBudgetTokens = value?.present("thinkingBudgetTokens")?.int
        return defaults
    }

    // MARK: - Small values

    private func prices(_ value: JSONValue?) -> PriceList {
        var prices: [String: Price] = [:]
        guard let value else { return PriceList([:]) }
        for member in value.members {
            let entry = member.value
            prices[member.key.string] = Price(
                input: entry.present("input")?.double,
                output: entry.present("output")?.double,
                cachedInput: entry.present("cachedInput")?.double,
                cacheCreation: entry.present("cacheCreation")?.double,
                reasoning: entry.present("reasoning")?.double
            )
        }
        return PriceList(prices)
    }

    private func headers(_ value: JSONValue?) -> [HeaderTemplate] {
        guard let value else { return [] }
        return value.members.map { HeaderTemplate(name: $0.key.string, value: $0.value.string ?? "") }
    }

    private func template(_ value: JSONValue?) -> Template? { value?.string.map(Template.init) }

    private func flag(_ value: JSONValue?) -> Bool { value?.bool ?? false }

    private func strings(_ value: JSONValue?) -> [String] {
        guard let value, value.isArray else { return [] }
        return value.elements.compactMap(\.string)
    }
}

/// The embedded catalogue does not have the form it should have: a fault of the build, not of the user.
package struct CatalogueError: Error, Sendable, CustomStringConvertible {
    package let provider: String
    package let problem: String

    package var description: String { "provider catalogue, \(provider): \(problem)" }
}
