import JSONCore

/// The request of an Ollama client for an Ollama target: the client's bytes, edited where the target needs it.
///
/// The history stays as it is: Ollama pairs nothing, its templates write down what they are given.
struct OllamaRequestEdits {
    private let root: JSONValue
    private let profile: TargetProfile
    private let streams: Bool
    private let upstreamModel: String
    private var editor: JSONEditor
    /// Stop sequences that the target cannot take.
    private var stopEmulation: [String] = []
    private var losses: [Loss] = []

    static func apply(
        to body: JSONDocument,
        profile: TargetProfile,
        context: inout TranslationContext,
        streams: Bool
    ) -> [UInt8] {
        var edits = OllamaRequestEdits(
            root: body.root,
            profile: profile,
            streams: streams,
            upstreamModel: context.upstreamModel,
            editor: JSONEditor(body)
        )
        edits.edit()
        context.stopEmulation = edits.stopEmulation
        for loss in edits.losses { context.lose(loss.feature, loss.detail) }
        if context.layout == .generate { edits.dropGenerateFields(context: &context) }
        return edits.editor.finish()
    }

    private mutating func edit() {
        if root["model"]?.string != upstreamModel {
            editor.setMember("model", of: root, to: JSONLiteral.string(upstreamModel))
        }
        for alias in StreamFlag.aliases { remove(alias, of: root) }
        // A request that does not say streams.
        if root["stream"]?.bool ?? true != streams {
            editor.setMember("stream", of: root, to: JSONLiteral.bool(streams))
        }
        editThinking()
        if let options = root.present("options"), options.isObject { edit(options: options) }
        if let tools = root.present("tools"), tools.isArray, tools.count > profile.maxTools {
            losses.append(Loss(.toolLimit, String(profile.maxTools)))
            for tool in tools.elements.dropFirst(profile.maxTools) { editor.removeElement(tool, of: tools) }
        }
        editImages()
        for field in profile.stripFields { editor.removeMember(field, of: root) }
    }

    private mutating func remove(_ field: StaticString, of object: JSONValue) {
        if object[field] != nil { editor.removeMember(field.description, of: object) }
    }

    /// The chat endpoint does not know what only `/api/generate` does.
    private mutating func dropGenerateFields(context: inout TranslationContext) {
        for field in OllamaGenerate.unknownToChat where root.present(field) != nil {
            context.lose(.field, field.description)
            remove(field, of: root)
        }
    }

    // MARK: - Settings

    /// A model that cannot think refuses to be told, and one that knows no levels is told to think at all.
    private mutating func editThinking() {
        guard let think = root.present("think") else { return }
        switch profile.reasoningStyle {
        case .none:
            remove("think", of: root)
            if think.bool != false { losses.append(Loss(.reasoning)) }
        case .ollamaFlag:
            guard let word = think.string else { return }
            editor.replace(think, with: JSONLiteral.bool(word != "none"))
            if word != "none" { losses.append(Loss(.reasoning, "effort")) }
        case .ollamaLevel:
            guard let level = think.string.flatMap(EffortLevel.init(rawValue:)) else { return }
            let nearest = OllamaThink.level(level, known: profile.efforts)
            if nearest != level { editor.replace(think, with: JSONLiteral.string(nearest.rawValue)) }
        default: break
        }
    }

    private mutating func edit(options: JSONValue) {
        if let limit = options["num_predict"], let wanted = limit.int, let most = profile.maxOutput, wanted > most {
            editor.replace(limit, with: JSONLiteral.int(most))
        }
        if !profile.samplingAllowed { for field in Self.sampling { remove(field, of: options) } }
        if !profile.seed { remove("seed", of: options) }
        guard let stop = options.present("stop") else { return }
        let texts = (stop.text.map { [$0] } ?? stop.elements.compactMap(\.text)).filter { !$0.isEmpty }
        let taken = profile.stopSequences ? profile.maxStop ?? .max : 0
        guard texts.count > taken else { return }
        stopEmulation = texts.dropFirst(taken).map(\.string)
        guard taken > 0 else { return remove("stop", of: options) }
        var writer = JSONWriter()
        writer.beginArray()
        for text in texts.prefix(taken) { writer.text(text) }
        writer.endArray()
        editor.replace(stop, with: writer.bytes)
    }

    private static let sampling: [StaticString] = [
        "temperature", "top_p", "top_k", "min_p", "typical_p", "repeat_penalty", "presence_penalty",
        "frequency_penalty",
    ]

    /// Images must be bare base64; some clients send data URLs.
    private mutating func editImages() {
        for message in root["messages"]?.elements ?? JSONDocument.emptyArray.root.elements {
            for image in message["images"]?.elements ?? JSONDocument.emptyArray.root.elements {
                guard let text = image.text, image.raw.starts(with: Self.dataURLStart),
                    case .base64(let data) = MediaReading.image(url: text).source
                else { continue }
                editor.replace(image, with: JSONLiteral.quoted(data))
            }
        }
    }

    private static let dataURLStart = Array("\"data:".utf8)
}
