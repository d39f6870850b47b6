import Gate
import JSONCore
import Store

/// The body of `POST /api/combos` and `PUT /api/combos/{id}`, checked.
struct ComboInput {
    let name: String?
    let steps: [ComboStep]?
    /// The steps as they were sent: members that have no name here are kept with them.
    private let models: JSONValue?
    private let strategy: String?
    private let config: JSONValue?
    private let allowedProviders: [String]?
    private let systemMessage: Patch<String>
    private let toolFilter: Patch<String>
    private let cacheProtection: Bool?
    private let contextLength: Patch<Int>
    private let isActive: Bool?
    private let isHidden: Bool?
    private let compressionOverride: String?

    /// Reads the body; `currentName` is that of the combo to change, `nil` for a new one.
    ///
    /// A step that is one of `comboNames` refers to that combo.
    init(_ body: Body, comboNames: Set<String>, currentName: String?) throws(Refusal) {
        let givenName = currentName == nil ? body.text("name", 1...100) : body.optionalText("name", 1...100)
        if let givenName, !givenName.utf8.allSatisfy(ComboInput.isNameByte) {
            body.reject("name", "Letters, digits, blanks and _ / . - [ ] only")
        }
        name = givenName
        steps = ComboSteps.read(body, comboName: givenName ?? currentName ?? "combo", comboNames: comboNames)
        models = body.value.present("models")
        strategy = body.optionalText("strategy", 1...50).map { Combo.strategy($0) }
        let configBody = body.optionalObject("config")
        if let configBody { ComboConfigRules.check(configBody) }
        config = configBody?.value
        allowedProviders = body.optionalTexts("allowedProviders", count: 0...1000, length: 1...200)
        systemMessage = body.patchText("system_message", 0...50_000)
        toolFilter = body.patchText("tool_filter_regex", 0...1000)
        if let pattern = toolFilter.value, !pattern.isEmpty, (try? Regex(pattern)) == nil {
            body.reject("tool_filter_regex", "Not a regular expression")
        }
        cacheProtection = body.optionalBool("context_cache_protection")
        contextLength = body.patchInt("context_length", 1000...2_000_000)
        isActive = body.optionalBool("isActive")
        isHidden = body.optionalBool("isHidden")
        compressionOverride = body.optionalWord("compressionOverride", [""] + ComboConfigRules.compressionModes)
        try body.check()
    }

    func apply(to combo: inout Combo) {
        if let name { combo.name = name }
        if let steps, let models {
            combo.steps = steps
            var editor = JSONEditor(combo.data)
            editor.setMember("models", of: combo.data.root, to: Array(models.raw))
            combo.data = (try? JSONDocument.parse(editor.finish())) ?? combo.data
        }
        if let strategy { combo.strategy = strategy }
        if let config { combo.config = ProviderData.merged(.emptyObject, with: config) }
        if let allowedProviders { combo.allowedProviders = allowedProviders }
        systemMessage.apply(to: &combo.systemMessage)
        toolFilter.apply(to: &combo.toolFilterRegex)
        if let cacheProtection { combo.contextCacheProtection = cacheProtection }
        contextLength.apply(to: &combo.contextLength)
        if let isActive { combo.isActive = isActive }
        if let isHidden { combo.isHidden = isHidden }
        if let compressionOverride { applyCompression(compressionOverride, to: &combo) }
    }

    private func applyCompression(_ mode: String, to combo: inout Combo) {
        var writer = JSONWriter()
        writer.beginObject()
        if mode.isEmpty { writer.memberNull("compressionMode") } else { writer.member("compressionMode", mode) }
        writer.endObject()
        guard let update = try? JSONDocument.parse(writer.bytes) else { return }
        combo.config = ProviderData.merged(combo.config, with: update.root)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "_/.-[] ".utf8.contains(byte)
        }
    }
}

/// Checks the steps of a combo in all the forms that clients send.
enum ComboSteps {
    /// Notes what is wrong with the list and reads it; `nil` if there is none.
    static func read(_ body: Body, comboName: String, comboNames: Set<String>) -> [ComboStep]? {
        guard let elements = body.optionalList("models", count: 0...1000) else { return nil }
        for (index, element) in elements.enumerated() { check(element, path: "models.\(index)", body) }
        guard body.issues.list.isEmpty else { return [] }
        let steps = Combo.steps(body.value["models"], combo: comboName, comboNames: comboNames)
        var ids: Set<String> = []
        for (index, step) in steps.enumerated() where !ids.insert(step.id).inserted {
            body.reject("models.\(index).id", "This id is used twice")
        }
        return steps
    }

    private static func check(_ element: JSONValue, path: String, _ body: Body) {
        if let text = element.string?.trimmingBlanks {
            if !(1...4096).contains(text.unicodeScalars.count) { body.reject(path, "Expected the name of a model") }
            return
        }
        guard element.isObject else { return body.reject(path, "Expected a model or a combo") }
        let fields = Body(element, path: path, issues: body.issues)
        _ = fields.optionalInt("weight", 0...100)
        _ = fields.optionalText("label", 0...200)
        _ = fields.optionalText("id", 1...200)
        _ = fields.optionalTexts("tags", count: 0...20, length: 1...100)
        if fields.optionalWord("kind", ["model", "combo-ref"]) == "combo-ref" {
            _ = fields.text("comboName", 1...100)
        } else {
            _ = fields.text("model", 1...4096)
            _ = fields.optionalText("providerId", 1...200)
            _ = fields.optionalText("connectionId", 1...100)
        }
    }
}
