/// What one provider and model accept: data that the request encoders consult.
///
/// The defaults are those of an unknown server of the dialect; a catalogue overrides them per provider and model.
package struct TargetProfile: Sendable {
    package var dialect: Dialect

    // MARK: - Roles and order of turns

    /// Whether the role `developer` is known (OpenAI's own models).
    package var developerRole = false
    /// Whether there is a system role at all; without one the text goes into the first user turn.
    package var systemRole = true
    /// Whether only one system message, at the very start, is accepted (strict chat templates).
    package var systemOnlyFirst = false
    /// Whether role `system` may stand inside the conversation (newest Claude models).
    package var systemInConversation = false
    /// Whether system text may stand anywhere in the conversation.
    package var systemAnywhere = true
    /// Whether consecutive turns of one role are refused.
    package var alternatingTurns = false
    /// Whether the first turn must be the user's.
    package var userTurnFirst = false
    /// Whether results of tools are parts of a user turn, in front of what the user says, and not messages of their own.
    package var resultsInUserTurns = false
    /// Whether the conversation may end with an assistant turn to be continued.
    package var prefill = true
    /// Whether a last turn of the assistant is gone on with in the middle of a word, and not merely tolerated.
    package var continuesPrefill = false
    /// Whether a message may carry `name` (`chat`).
    package var messageNames = true

    // MARK: - Limits and sampling

    package var maxTokensField = MaxTokensField.maxTokens
    /// The most output tokens of the model; larger wishes are clamped.
    package var maxOutput: Int?
    /// What to ask for when the dialect requires a limit and the client gave none.
    package var defaultMaxOutput = 64_000
    package var maxStop: Int?
    package var maxTools = 128
    /// Whether temperature, top_p, top_k, penalties, logprobs and n are accepted.
    package var samplingAllowed = true
    /// Whether temperature and top_p may be sent together; otherwise top_p goes.
    package var tempAndTopP = true
    package var topK = false
    /// Whether `logit_bias` is passed on; most servers with OpenAI's format know it or ignore it.
    package var logitBias = true
    package var logprobs = true
    package var penalties = true
    package var seed = true
    package var multipleChoices = true
    package var minP = false
    /// Whether a stop sequence may consist of white space.
    package var blankStops = true
    /// Whether stop sequences are accepted; otherwise the relay watches for them itself.
    package var stopSequences = true

    // MARK: - Tools

    /// Whether a call may be demanded; otherwise `required` and named choices become `auto`.
    package var toolChoiceForced = true
    package var parallelToolCallsField = true
    /// Whether tools of kind `custom` and `allowed_tools` are known (OpenAI itself).
    package var customTools = false
    package var toolIDRule = ToolIDRule.openAI
    /// Whether calls and results may carry an id (Vertex knows none in Gemini's dialect).
    package var callIDs = true
    package var toolNameLimit = 64
    /// Which names of tools are accepted.
    package var toolNameRule = ToolNameRule.openAI
    /// Whether a call cannot be demanded while the model thinks.
    package var thinkingForbidsForcedChoice = false
    package var schemaRule = SchemaRule.standard
    /// Whether calls in the history demand `tools` in the request.
    package var toolsForHistory = false
    /// Whether an empty tool result is refused.
    package var emptyResultsRefused = false
    package var hostedWebSearch = HostedWebSearch.none
    /// Whether the target's own web search and functions may be offered together; otherwise the search goes.
    package var searchWithFunctions = true
    /// Whether Anthropic's own dated tool types are known to an `anthropic` target.
    package var datedTools = true

    // MARK: - Content

    package var images = true
    package var pdf = true
    package var audioIn = false
    package var videoIn = false
    package var imagesInToolResults = false
    /// Whether images may be given by URL; otherwise they are fetched first.
    package var imageURLs = true
    /// Whether files in Google's stores and videos on YouTube may be given by their address.
    package var googleFiles = false
    /// Whether images and recordings of every format are taken.
    package var mediaOfAnyFormat = false
    /// Whether documents may be given by URL.
    package var documentURLs = false
    /// Whether documents other than PDF files and plain text are taken.
    package var documentsOfAnyType = false
    /// Whether media may stand in turns of the assistant.
    package var assistantMedia = false
    /// What happens to content of the last user turn that the model cannot read.
    package var unreadableContent = UnreadableContent.refuse
    /// Whether `cache_control` marks are understood.
    package var cacheMarks = false
    /// Whether marks are set for clients of other dialects that set none.
    package var automaticCacheMarks = false

    // MARK: - Structured output

    package var jsonSchema = true
    package var jsonObject = true
    /// Whether a JSON format and tools may be asked for together.
    package var jsonWithTools = true
    /// Whether `strict:true` is understood and enforced for tools.
    package var strictTools = false
    /// Whether a forced tool may stand in for a missing JSON schema format.
    package var toolEmulatesJSON = true

    // MARK: - Reasoning

    package var reasoningStyle = ReasoningStyle.none
    /// The levels that an effort-style target knows, `nil` for all.
    package var efforts: Set<EffortLevel>?
    package var reasoningReplay = ReasoningReplay.none
    /// Whether thinking of earlier turns goes back as plain text; otherwise as signed or encrypted blocks.
    package var replaysThinkingText = true
    /// Whether a turn of the assistant that is to be continued must begin with its thinking while the model thinks.
    package var thinkingLeadsTurns = false
    /// The least and the most tokens that may be set aside for thinking.
    package var thinkingBudget: ClosedRange<Int>?
    /// Whether thinking can be switched off.
    package var canSkipThinking = true
    /// Stands in for reasoning that must be replayed and is not known.
    package var missingReasoning = "(reasoning unavailable)"
    /// The signatures that the target can verify.
    package var signatureFamily = SignatureFamily.none
    /// Whether reasoning is hidden in the answer's text between tags.
    package var thinkTags = false

    // MARK: - Metadata

    /// Whether OpenAI's own extras are known: metadata, store, prompt_cache_key, safety_identifier, verbosity.
    package var nativeExtras = false
    package var serviceTiers = false
    /// Where the client's user goes.
    package var userField = UserField.none
    /// Whether the provider may be asked to keep its answers (`responses`); otherwise `store` is always false.
    package var storage = true
    /// What stands in `instructions` where a request must have some (`responses`): system text stands in the input then,
    /// as the developer's, and not in them.
    package var instructions: Instructions?
    /// Whether answers are to show their thinking, also in encrypted form, although the client did not ask (`responses`).
    package var alwaysShowsThinking = false
    /// Further members of the request body to remove.
    package var stripFields: Set<String> = []
    /// The only members that a request read from another dialect may have; `nil` for all.
    package var onlyFields: Set<String>?

    // MARK: - Answers

    /// Whether to ask for usage in streams.
    package var usageInStream = true
    /// Whether an answer may lack both the stop reason and the end mark when it is otherwise complete (`chat`, `ollama`).
    ///
    /// Off unless a server is known to end so: a connection lost behind a proxy looks the same, and half an answer must
    /// not pass for a whole one. One of the two is enough for everybody: a stop reason without `[DONE]` is a complete
    /// answer, and so is `[DONE]` behind text or whole calls. What breaks off without either is never complete when the
    /// connection itself broke, whatever this says.
    package var lenientEnd = false
    /// Whether commentary and the vendor's own events are left out of the answers of a Responses target.
    package var dropsCommentary = false
    /// Whether fragments of arguments repeat what came before.
    package var cumulativeArguments = false

    /// The profile of an unknown server that speaks `dialect`.
    package init(_ dialect: Dialect) {
        self.dialect = dialect
        switch dialect {
        case .openAIChat:
            maxStop = 4
        case .openAIResponses: setResponsesDefaults()
        case .gemini: setGeminiDefaults()
        case .ollama: setOllamaDefaults()
        case .anthropicMessages:
            systemAnywhere = false
            alternatingTurns = true
            userTurnFirst = true
            continuesPrefill = true
            resultsInUserTurns = true
            blankStops = false
            thinkingForbidsForcedChoice = true
            replaysThinkingText = false
            thinkingLeadsTurns = true
            documentURLs = true
            toolIDRule = .anthropic
            userField = .metadataUserID
            signatureFamily = .anthropic
            reasoningStyle = .anthropicBudget
            topK = true
            imagesInToolResults = true
            cacheMarks = true
            serviceTiers = true
            jsonSchema = false
            jsonObject = false
            toolsForHistory = true
            multipleChoices = false
        }
    }
}

extension TargetProfile {
    /// Whether one request may have several answers: nobody is given one alone who asked for more.
    var givesSeveralAnswers: Bool { multipleChoices && samplingAllowed }

    /// The name of the output limit in a `chat` request.
    package enum MaxTokensField: String, Sendable {
        case maxTokens = "max_tokens"
        case maxCompletionTokens = "max_completion_tokens"
    }

    /// Instructions of requests that have none of their own.
    package struct Instructions: Sendable {
        package var withTools: String
        package var withoutTools: String

        package init(withTools: String, withoutTools: String) {
            (self.withTools, self.withoutTools) = (withTools, withoutTools)
        }
    }

    /// Which identifiers of calls are accepted.
    package enum ToolIDRule: Sendable {
        /// At most 64 printable characters.
        case openAI
        /// At most 64 of `[A-Za-z0-9_-]`.
        case anthropic
        /// Exactly nine letters and digits.
        case mistral
        case none
    }

    /// Which names of tools are accepted.
    package enum ToolNameRule: Sendable {
        /// `[A-Za-z0-9_-]`.
        case openAI
        /// A letter or `_` first, then `[A-Za-z0-9_.:-]`.
        case gemini
        /// `[A-Za-z0-9_]`.
        case wordCharacters
        case any
    }

    /// Which JSON schemas are accepted for tools.
    package enum SchemaRule: Sendable {
        /// An object at the root, references that lead somewhere, no patterns that look around.
        case standard
        /// Anything; the client's schema is copied.
        case loose
        /// Gemini's `parametersJsonSchema`: standard, without vendors' keys and titles.
        case geminiJSONSchema
        /// Gemini's own `Schema` object, a small part of OpenAPI's.
        case geminiSchema
    }

    /// How a target names the end user of a request.
    package enum UserField: Sendable { case none, user, safetyIdentifier, metadataUserID }

    /// How a target spells its own web search.
    package enum HostedWebSearch: Sendable, Equatable {
        case none
        /// `web_search_options` (OpenAI search models).
        case options
        /// A server tool of this dated type.
        case anthropic(type: String)
        /// `{type:"web_search"}` (OpenAI Responses).
        case responses
        /// `googleSearch` (Gemini).
        case gemini
    }

    /// What to do with content that the model cannot read.
    package enum UnreadableContent: Sendable {
        /// 400 when it stands in the last user turn (a combo can move on), a placeholder in older turns.
        case refuse
        /// A placeholder text everywhere.
        case placeholder
    }

    /// How a target is told to think.
    package enum ReasoningStyle: Sendable {
        case none
        /// `reasoning_effort`, where `none` switches it off.
        case effort
        /// `reasoning_effort` without the level `none`.
        case effortNoNone
        case anthropicBudget
        case anthropicAdaptive
        /// `thinking:{type}`.
        case thinkingType
        /// `enable_thinking` and `thinking_budget`.
        case enableThinking
        /// `reasoning:{}`.
        case openRouter
        /// `reasoning:{effort, summary}` (OpenAI Responses).
        case responses
        /// `thinkingConfig.thinkingBudget` (Gemini 2.5).
        case geminiBudget
        /// `thinkingConfig.thinkingLevel` (Gemini 3).
        case geminiLevel
        /// `think` as a flag (Ollama).
        case ollamaFlag
        /// `think` as a level (gpt-oss at Ollama).
        case ollamaLevel
    }

    /// What happens to reasoning text of earlier turns.
    package enum ReasoningReplay: Sendable {
        /// Nothing is known: text of another dialect is left out, what a client of the same dialect sends stays.
        case none
        /// Turns with calls must carry it.
        case required
        /// What the client sent stays.
        case optional
        /// It is refused.
        case forbidden
    }
}
