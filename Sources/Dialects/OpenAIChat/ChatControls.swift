import JSONCore

/// Tool choice as Chat writes it, and as clients of other APIs write it into Chat bodies.
enum ChatToolChoice {
    static func read(_ json: JSONValue) -> ToolChoice? {
        if let word = json.string {
            switch word {
            case "auto": return .auto
            case "none": return ToolChoice.none
            case "required", "any": return .required
            default: return nil
            }
        }
        guard json.isObject else { return nil }
        switch json["type"]?.string {
        case "auto": return .auto
        case "none": return ToolChoice.none
        case "any", "required": return .required
        case "allowed_tools": return allowed(json.present("allowed_tools") ?? json)
        default:
            // {type:function,function:{name}}, {type:custom,custom:{name}}, {type:tool|function,name}, {name}
            let named = json.present("function") ?? json.present("custom") ?? json
            return named["name"]?.string.map { .named($0) }
        }
    }

    private static func allowed(_ json: JSONValue) -> ToolChoice? {
        guard let tools = json["tools"], tools.isArray else { return nil }
        let names = tools.elements.compactMap { tool in
            (tool.present("function") ?? tool.present("custom") ?? tool)["name"]?.string
                ?? tool["type"]?.string.map(ServerTool.name(ofType:))
        }
        return .allowed(mustCall: json["mode"]?.equals("required") == true, names: names)
    }

    static func write(_ choice: ToolChoice, customTools: Set<String>, to writer: inout JSONWriter) {
        writer.key("tool_choice")
        switch choice {
        case .auto: writer.literal("auto")
        case .none: writer.literal("none")
        case .required: writer.literal("required")
        case .named(let name): write(name, isCustom: customTools.contains(name), to: &writer)
        case .allowed(let mustCall, let names):
            writer.beginObject()
            writer.member("type", literal: "allowed_tools")
            writer.key("allowed_tools")
            writer.beginObject()
            writer.member("mode", literal: mustCall ? "required" : "auto")
            writer.key("tools")
            writer.beginArray()
            for name in names { write(name, isCustom: customTools.contains(name), to: &writer) }
            writer.endArray()
            writer.endObject()
            writer.endObject()
        }
    }

    private static func write(_ name: String, isCustom: Bool, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", literal: isCustom ? "custom" : "function")
        writer.key(isCustom ? "custom" : "function")
        writer.beginObject()
        writer.member("name", name)
        writer.endObject()
        writer.endObject()
    }
}

/// The many ways in which Chat clients and servers speak of reasoning.
enum ChatReasoning {
    /// What the client wants; `reasoning_effort` beats everything else.
    static func read(_ field: (StaticString) -> JSONValue?) -> ReasoningRequest? {
        let isHidden = field("reasoning")?["exclude"]?.bool == true
        let display = isHidden ? "omitted" : field("thinking")?["display"]?.string
        return mode(field).map { ReasoningRequest(mode: $0, display: $0 == .off ? nil : display) }
    }

    private static func mode(_ field: (StaticString) -> JSONValue?) -> ReasoningRequest.Mode? {
        if let word = field("reasoning_effort")?.string, let mode = mode(ofWord: word) { return mode }
        if let reasoning = field("reasoning"), reasoning.isObject, let mode = mode(ofOpenRouter: reasoning) {
            return mode
        }
        if let effort = field("output_config")?["effort"]?.string, let level = EffortLevel(rawValue: effort) {
            return .effort(level)
        }
        if let thinking = field("thinking"), thinking.isObject, let mode = mode(ofThinking: thinking) { return mode }
        if let budget = field("thinking_budget")?.int, field("enable_thinking")?.bool != false {
            return budget > 0 ? .budget(budget) : .off
        }
        return field("enable_thinking")?.bool.map { $0 ? .auto : .off }
    }

    /// Notes what is said of reasoning and understood by nobody else: efforts and settings of one vendor.
    static func noteUnread(_ field: (StaticString) -> JSONValue?, in context: inout TranslationContext) {
        let words = [field("reasoning_effort"), field("reasoning")?["effort"], field("output_config")?["effort"]]
        if words.contains(where: { $0?.string.map { !$0.isEmpty && mode(ofWord: $0) == nil } ?? false }) {
            context.lose(.reasoning, "effort")
        }
        let known: [StaticString] = ["enabled", "effort", "max_tokens", "exclude", "summary", "generate_summary"]
        context.loseFields(of: field("reasoning"), in: "reasoning", except: known)
        context.loseFields(of: field("thinking"), in: "thinking", except: ["type", "budget_tokens", "display"])
        context.loseFields(of: field("output_config"), in: "output_config", except: ["effort"])
    }

    private static func mode(ofWord word: String) -> ReasoningRequest.Mode? {
        switch word {
        case "none", "off", "disabled": .off
        case "auto", "default": .auto
        default: EffortLevel(rawValue: word).map { .effort($0) }
        }
    }

    private static func mode(ofOpenRouter reasoning: JSONValue) -> ReasoningRequest.Mode? {
        if reasoning["enabled"]?.bool == false { return .off }
        if let word = reasoning["effort"]?.string, let mode = mode(ofWord: word) { return mode }
        if let budget = reasoning["max_tokens"]?.int { return budget > 0 ? .budget(budget) : .off }
        return reasoning["enabled"]?.bool == true ? .auto : nil
    }

    private static func mode(ofThinking thinking: JSONValue) -> ReasoningRequest.Mode? {
        switch thinking["type"]?.string {
        case "disabled": .off
        case "adaptive": .adaptive(nil)
        case "enabled", nil: thinking["budget_tokens"]?.int.map { $0 > 0 ? .budget($0) : .off } ?? .auto
        default: nil
        }
    }

    /// Writes the wish in the words of a Chat target.
    static func write(_ request: ReasoningRequest, profile: TargetProfile, to writer: inout JSONWriter) {
        switch profile.reasoningStyle {
        case .effort, .effortNoNone: writeEffort(request, profile: profile, to: &writer)
        case .thinkingType:
            guard request.mode != .auto else { return }
            writer.key("thinking")
            writer.beginObject()
            writer.member("type", literal: request.isOff ? "disabled" : "enabled")
            writer.endObject()
            if let known = profile.efforts, !request.isOff, let level = request.level {
                writer.member("reasoning_effort", level.nearestOrMost(in: known).rawValue)
            }
        case .enableThinking:
            guard request.mode != .auto else { return }
            writer.member("enable_thinking", !request.isOff)
            if let budget = budget(for: request, profile) { writer.member("thinking_budget", budget) }
        case .openRouter: writeOpenRouter(request, to: &writer)
        case .none, .anthropicBudget, .anthropicAdaptive, .responses, .geminiBudget, .geminiLevel, .ollamaFlag,
            .ollamaLevel:
            break
        }
    }

    /// The tokens to think with; nil for as many as the model likes.
    private static func budget(for request: ReasoningRequest, _ profile: TargetProfile) -> Int? {
        let most = profile.thinkingBudget?.upperBound
        let wanted = if case .budget(let tokens) = request.mode { Optional(tokens) } else { request.level?.usualBudget }
        guard let wanted else { return request.level == nil ? nil : most }
        return min(wanted, most ?? .max)
    }

    private static func writeEffort(
        _ request: ReasoningRequest,
        profile: TargetProfile,
        to writer: inout JSONWriter
    ) {
        if request.isOff {
            if profile.reasoningStyle == .effort {
                writer.member("reasoning_effort", literal: "none")
            } else if profile.efforts?.contains(.minimal) ?? true {
                writer.member("reasoning_effort", literal: "minimal")
            }
        } else if let level = request.level {
            writer.member("reasoning_effort", level.nearest(in: profile.efforts).rawValue)
        }
    }

    private static func writeOpenRouter(_ request: ReasoningRequest, to writer: inout JSONWriter) {
        guard request.mode != .auto || request.display == "omitted" else { return }
        writer.key("reasoning")
        writer.beginObject()
        if request.isOff {
            writer.member("enabled", false)
        } else if case .budget(let tokens) = request.mode {
            writer.member("max_tokens", tokens)
        } else if let level = request.level {
            writer.member("effort", level.rawValue)
        } else {
            writer.member("enabled", true)
        }
        if request.display == "omitted", !request.isOff { writer.member("exclude", true) }
        writer.endObject()
    }
}
