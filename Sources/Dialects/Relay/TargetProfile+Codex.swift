extension TargetProfile {
    /// The back-end of the Codex client, which ChatGPT's subscriptions pay for: OpenAI's Responses without storage.
    ///
    /// It answers in streams only, which whoever sends the request has to ask for, and which whole answers are collected
    /// from. For the Codex client itself `dropsCommentary` is to be switched off: it knows what to do with it.
    package static var codexBackend: TargetProfile {
        var profile = TargetProfile(.openAIResponses)
        profile.becomeCodexBackend()
        return profile
    }

    /// The same for a profile that knows its model already.
    package mutating func becomeCodexBackend() {
        storage = false
        instructions = Instructions(
            withTools: "You are a coding agent. Use the tools you are given to do what the user asks.",
            withoutTools: "You are a helpful assistant."
        )
        alwaysShowsThinking = true
        samplingAllowed = false
        logprobs = false
        userField = .none
        dropsCommentary = true
        stripFields.formUnion(Self.codexRefuses)
        onlyFields = Self.codexKnows
    }

    /// What is refused with "Unsupported parameter".
    private static let codexRefuses: Set<String> = [
        "messages", "prompt", "max_tokens", "max_output_tokens", "reasoning_effort", "truncation", "background",
        "prompt_cache_retention", "safety_identifier", "user", "metadata", "session_id", "conversation_id",
    ]

    /// What the Codex client sends.
    private static let codexKnows: Set<String> = [
        "model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "stream", "store", "reasoning",
        "service_tier", "include", "previous_response_id", "prompt_cache_key", "client_metadata", "text",
    ]
}
