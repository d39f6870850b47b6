package import JSONCore
package import TimeCore

extension Combo {
    /// Reads a combo from JSON of any age: old strategy names, steps that are plain strings, steps without an id.
    ///
    /// - Parameters:
    ///   - data: The object; kept, so that members unknown here survive saving.
    ///   - id: Used when the object has none.
    ///   - name: Used when the object has none.
    ///   - comboNames: A plain string that is one of these names refers to a combo, any other to a model.
    ///   - createdAt: Used when the object does not say.
    ///   - updatedAt: Used when the object does not say.
    package init(
        data: JSONDocument,
        id: String,
        name: String,
        comboNames: Set<String>,
        createdAt: WallTime,
        updatedAt: WallTime
    ) {
        let root = data.root
        let name = root.present("name")?.string ?? name
        let config = root.present("config").flatMap { $0.isObject ? try? JSONDocument.parse(Array($0.raw)) : nil }
        self.init(
            id: root.present("id")?.string ?? id,
            name: name,
            steps: Self.steps(root.present("models") ?? root.present("steps"), combo: name, comboNames: comboNames),
            strategy: Self.strategy(root.present("strategy")?.string),
            config: config ?? .emptyObject,
            isActive: root.present("isActive")?.bool ?? true,
            isHidden: root.present("isHidden")?.bool ?? false,
            sortOrder: root.present("sortOrder")?.int ?? 0,
            version: root.present("version")?.int ?? 2,
            allowedProviders: root.present("allowedProviders")?.elements.compactMap(\.string) ?? [],
            systemMessage: root.present("system_message")?.string,
            toolFilterRegex: root.present("tool_filter_regex")?.string,
            contextCacheProtection: Self.flag(root.present("context_cache_protection")),
            contextLength: root.present("context_length")?.int,
            createdAt: root.present("createdAt")?.string.flatMap { WallTime(iso8601: $0) } ?? createdAt,
            updatedAt: root.present("updatedAt")?.string.flatMap { WallTime(iso8601: $0) } ?? updatedAt,
            data: data
        )
    }

    private static func flag(_ value: JSONValue?) -> Bool { value?.bool ?? (value?.int.map { $0 != 0 } ?? false) }

    // MARK: - Strategies

    /// The strategies the program knows.
    package static let strategies: Set<String> = [
        "priority", "weighted", "round-robin", "context-relay", "fill-first", "p2c", "random", "least-used",
        "cost-optimized", "reset-aware", "strict-random", "auto", "lkgp", "context-optimized",
    ]

    /// A strategy in its present spelling; unknown ones become `priority`.
    package static func strategy(_ text: String?) -> String {
        switch text {
        case "usage": "least-used"
        case "context": "context-optimized"
        case let text? where strategies.contains(text): text
        default: "priority"
        }
    }

    // MARK: - Steps

    /// Reads the steps of a combo in any of the forms users and old versions write.
    package static func steps(_ models: JSONValue?, combo: String, comboNames: Set<String>) -> [ComboStep] {
        var steps: [ComboStep] = []
        for element in models?.elements ?? JSONDocument.emptyArray.root.elements {
            guard let step = step(element, number: steps.count + 1, combo: combo, comboNames: comboNames) else {
                continue
            }
            steps.append(step)
        }
        return steps
    }

    private static func step(
        _ value: JSONValue,
        number: Int,
        combo: String,
        comboNames: Set<String>
    ) -> ComboStep? {
        if let text = value.string {
            return step(text, number: number, combo: combo, comboNames: comboNames, weight: 0, id: nil, label: nil)
        }
        guard value.isObject else { return nil }
        let weight = min(max(value.present("weight")?.int ?? 0, 0), 100)
        let id = value.present("id")?.string.flatMap { $0.isEmpty ? nil : $0 }
        let label = value.present("label")?.string
        if let name = value.present("comboName")?.string {
            let made = id ?? stepID(combo, "ref", number, name)
            return .comboRef(id: made, comboName: name, weight: weight, label: label)
        }
        guard let model = value.present("model")?.string, !model.isEmpty else { return nil }
        guard value.present("kind") != nil || !comboNames.contains(model) else {
            return step(
                model,
                number: number,
                combo: combo,
                comboNames: comboNames,
                weight: weight,
                id: id,
                label: label
            )
        }
        return .model(
            id: id ?? stepID(combo, "model", number, model),
            model: model,
            providerID: value.present("providerId")?.string,
            connectionID: value.present("connectionId")?.string,
            weight: weight,
            label: label
        )
    }

    /// A step given by a name alone.
    private static func step(
        _ text: String,
        number: Int,
        combo: String,
        comboNames: Set<String>,
        weight: Int,
        id: String?,
        label: String?
    ) -> ComboStep? {
        guard !text.isEmpty else { return nil }
        if comboNames.contains(text) {
            let made = id ?? stepID(combo, "ref", number, text)
            return .comboRef(id: made, comboName: text, weight: weight, label: label)
        }
        return .model(
            id: id ?? stepID(combo, "model", number, text),
            model: text,
            weight: weight,
            label: label
        )
    }

    /// `<combo>-model-<n>-<slug>`, at most 200 characters.
    private static func stepID(_ combo: String, _ kind: String, _ number: Int, _ text: String) -> String {
        String("\(slug(combo))-\(kind)-\(number)-\(slug(text))".prefix(200))
    }

    private static func slug(_ text: String) -> String {
        var slug = ""
        for character in text.lowercased().unicodeScalars {
            let isKept = ("a"..."z").contains(character) || ("0"..."9").contains(character)
            if isKept {
                slug.unicodeScalars.append(character)
            } else if !slug.isEmpty, slug.last != "-" {
                slug.append("-")
            }
        }
        while slug.last == "-" { slug.removeLast() }
        return slug.isEmpty ? "step" : slug
    }

    // MARK: - Writing

    /// The combo as one JSON object: the fields of this type over whatever else `data` holds.
    package func serialized() -> [UInt8] {
        var editor = JSONEditor(data)
        let root = data.root
        editor.setMember("id", of: root, to: JSONLiteral.string(id))
        editor.setMember("name", of: root, to: JSONLiteral.string(name))
        editor.setMember("models", of: root, to: serializedSteps())
        editor.setMember("strategy", of: root, to: JSONLiteral.string(strategy))
        editor.setMember("config", of: root, to: config.bytes)
        editor.setMember("isHidden", of: root, to: JSONLiteral.bool(isHidden))
        editor.setMember("sortOrder", of: root, to: JSONLiteral.int(sortOrder))
        editor.setMember("version", of: root, to: JSONLiteral.int(version))
        editor.setMember("isActive", of: root, to: JSONLiteral.bool(isActive))
        setOptional("allowedProviders", allowedProviders.isEmpty ? nil : Self.list(allowedProviders), &editor)
        setOptional("system_message", systemMessage.map(JSONLiteral.string), &editor)
        setOptional("tool_filter_regex", toolFilterRegex.map(JSONLiteral.string), &editor)
        let protects = contextCacheProtection || root.member("context_cache_protection") != nil
        setOptional("context_cache_protection", protects ? JSONLiteral.bool(contextCacheProtection) : nil, &editor)
        setOptional("context_length", contextLength.map(JSONLiteral.int), &editor)
        editor.setMember("createdAt", of: root, to: JSONLiteral.string(createdAt.iso8601))
        editor.setMember("updatedAt", of: root, to: JSONLiteral.string(updatedAt.iso8601))
        if root.member("steps") != nil { editor.removeMember("steps", of: root) }
        return editor.finish()
    }

    private func setOptional(_ key: String, _ raw: [UInt8]?, _ editor: inout JSONEditor) {
        if let raw {
            editor.setMember(key, of: data.root, to: raw)
        } else if data.root.member(key) != nil {
            editor.removeMember(key, of: data.root)
        }
    }

    /// Steps whose stored form still says the same are copied, so that members unknown here survive.
    private func serializedSteps() -> [UInt8] {
        var stored: [ComboStep: JSONValue] = [:]
        for element in data.root.present("models")?.elements ?? JSONDocument.emptyArray.root.elements
        where element.isObject {
            if let step = Self.step(element, number: 0, combo: name, comboNames: []) { stored[step] = element }
        }
        var writer = JSONWriter()
        writer.beginArray()
        for step in steps {
            if let value = stored[step], value.present("kind") != nil, value.present("id") != nil {
                writer.raw(value)
            } else {
                step.write(to: &writer)
            }
        }
        writer.endArray()
        return writer.bytes
    }

    private static func list(_ strings: [String]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for string in strings { writer.string(string) }
        writer.endArray()
        return writer.bytes
    }
}

extension ComboStep {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        switch self {
        case .model(_, let model, let providerID, let connectionID, let weight, let label):
            writer.member("kind", "model")
            writer.member("model", model)
            if let providerID { writer.member("providerId", providerID) }
            if let connectionID { writer.member("connectionId", connectionID) }
            writer.member("weight", weight)
            if let label { writer.member("label", label) }
        case .comboRef(_, let comboName, let weight, let label):
            writer.member("kind", "combo-ref")
            writer.member("comboName", comboName)
            writer.member("weight", weight)
            if let label { writer.member("label", label) }
        }
        writer.endObject()
    }
}
