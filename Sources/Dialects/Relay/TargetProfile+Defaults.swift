extension TargetProfile {
    /// OpenAI's Responses: what only some of its models take is switched by the catalogue's rules.
    mutating func setResponsesDefaults() {
        developerRole = true
        messageNames = false
        stopSequences = false
        seed = false
        penalties = false
        logitBias = false
        multipleChoices = false
        imagesInToolResults = true
        documentURLs = true
        documentsOfAnyType = true
        strictTools = true
        customTools = true
        hostedWebSearch = .responses
        reasoningStyle = .responses
        replaysThinkingText = false
        signatureFamily = .openAI
        nativeExtras = true
        serviceTiers = true
        userField = .safetyIdentifier
    }

    mutating func setGeminiDefaults() {
        systemAnywhere = false
        alternatingTurns = true
        userTurnFirst = true
        resultsInUserTurns = true
        messageNames = false
        prefill = false
        maxStop = 5
        topK = true
        logitBias = false
        audioIn = true
        videoIn = true
        imageURLs = false
        googleFiles = true
        mediaOfAnyFormat = true
        imagesInToolResults = true
        assistantMedia = true
        documentsOfAnyType = true
        toolIDRule = .none
        toolNameRule = .gemini
        schemaRule = .geminiJSONSchema
        hostedWebSearch = .gemini
        reasoningStyle = .geminiBudget
        replaysThinkingText = false
        signatureFamily = .gemini
    }

    mutating func setOllamaDefaults() {
        messageNames = false
        topK = true
        minP = true
        logitBias = false
        multipleChoices = false
        pdf = false
        imageURLs = false
        toolIDRule = .none
        toolNameRule = .any
        toolChoiceForced = false
        parallelToolCallsField = false
        reasoningStyle = .ollamaFlag
        reasoningReplay = .optional
    }
}
