import JSONCore

/// Gathers from an answer's events what the gateway wants to know about it.
struct AnswerObserver {
    private(set) var hasStarted = false
    /// Text, reasoning, a refusal, a call or a medium has come.
    private(set) var hasContent = false
    private(set) var stopReason: StopReason?
    private(set) var model: String?
    private(set) var usage = Usage()
    /// Whether the provider has reported output otherwise than at the start.
    private var hasReport = false
    /// The bytes of everything generated, for an estimate if the provider reports no usage.
    private var outputBytes = 0

    mutating func observe(_ event: AnswerEvent) {
        switch event {
        case .text(_, let text), .thinking(_, let text), .refusal(_, let text), .arguments(_, let text):
            hasContent = true
            outputBytes += text.utf8Count
        case .start(let start):
            hasStarted = true
            model = start.model
            if let known = start.usage { usage.merge(known) }
        case .open(_, _, let kind): observe(kind)
        case .usage(let later):
            // Gemini's streams tell figures from their first piece on, before anything is counted as output.
            if later.output ?? 0 > 0 { hasReport = true }
            usage.merge(later)
        case .finish(let choice, let reason): if choice == 0 || stopReason == nil { stopReason = reason }
        case .signature, .citation, .logprobs, .close, .error, .ping, .end: break
        }
    }

    private mutating func observe(_ kind: BlockKind) {
        switch kind {
        case .toolCall(_, let name, _):
            hasContent = true
            outputBytes += name.utf8.count
        case .redactedThinking, .media, .webSearch, .opaque: hasContent = true
        case .text, .thinking, .refusal: break
        }
    }

    /// The usage, counted here where the provider gave none.
    func settledUsage(inputTokens: Int?) -> Usage {
        guard usage.output == nil else { return usage }
        var estimate = usage
        estimate.output = (outputBytes + 3) / 4
        if usage.input == nil, usage.cacheRead == nil { estimate.input = inputTokens }
        estimate.estimated = true
        return estimate
    }

    /// The usage of an answer that did not come to its end.
    ///
    /// What has come counts even where the provider has not reported it yet: Anthropic's streams begin with a
    /// placeholder and tell the figure at their end only. A figure that came later is none, and stays.
    func unfinishedUsage(inputTokens: Int?) -> Usage {
        var usage = settledUsage(inputTokens: inputTokens)
        let counted = (outputBytes + 3) / 4
        guard !hasReport, counted > usage.output ?? 0 else { return usage }
        usage.output = counted
        usage.estimated = true
        return usage
    }
}
