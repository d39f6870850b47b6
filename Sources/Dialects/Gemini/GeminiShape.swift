/// Gemini's requests, in either spelling of their members.
enum GeminiShape {
    static let request = RequestShape.fields([
        "contents": .list(.either([.text, content])), "systemInstruction": system, "system_instruction": system,
        "tools": .either([.list(tool), tool]), "toolConfig": toolConfig, "tool_config": toolConfig,
        "generationConfig": config, "generation_config": config, "serviceTier": .text, "service_tier": .text,
    ])

    // MARK: - Contents

    private static let content = RequestShape.fields(["role": .text, "parts": .either([.list(part), part])])

    private static let system = RequestShape.either([
        .text, .list(.either([.text, part])),
        .both(part, .fields(["parts": .either([.text, .list(.either([.text, part])), part])])),
    ])

    private static let part = RequestShape.both(
        medium,
        .fields([
            "text": .text, "thought": .flag, "thoughtSignature": .text, "thought_signature": .text,
            "functionCall": call, "function_call": call, "functionResponse": response, "function_response": response,
            "executableCode": code, "executable_code": code, "codeExecutionResult": outcome,
            "code_execution_result": outcome, "toolCall": .object, "tool_call": .object,
        ])
    )

    private static let medium = RequestShape.fields([
        "inlineData": inline, "inline_data": inline, "fileData": file, "file_data": file,
        "mediaResolution": .either([.text, .object]), "media_resolution": .either([.text, .object]),
    ])

    private static let inline = RequestShape.fields(
        ["data": .text, "mimeType": .text, "mime_type": .text, "displayName": .text, "display_name": .text],
        needs: ["data"]
    )
    private static let file = RequestShape.fields(
        [
            "fileUri": .text, "file_uri": .text, "mimeType": .text, "mime_type": .text, "displayName": .text,
            "display_name": .text,
        ],
        needs: ["fileUri", "file_uri"]
    )
    private static let code = RequestShape.fields(["code": .text, "language": .text])
    private static let outcome = RequestShape.fields(["output": .text, "outcome": .text])
    private static let call = RequestShape.fields(["name": .text, "id": .identifier, "args": .arguments])
    private static let response = RequestShape.fields([
        "name": .text, "id": .identifier, "response": .either([.object, .text, .list(.any)]),
        "parts": .list(.both(medium, .fields(["text": .text]))),
    ])

    // MARK: - Tools

    private static let tool = RequestShape.fields([
        "functionDeclarations": functions, "function_declarations": functions, "googleSearch": .object,
        "google_search": .object, "googleSearchRetrieval": .object, "google_search_retrieval": .object,
    ])
    private static let functions = RequestShape.either([.list(function), function])
    private static let function = RequestShape.fields([
        "description": .text, "parameters": .schema, "parametersJsonSchema": .schema,
        "parameters_json_schema": .schema,
    ])
    private static let toolConfig = RequestShape.fields([
        "functionCallingConfig": calling, "function_calling_config": calling,
    ])
    private static let calling = RequestShape.fields([
        "mode": .text, "allowedFunctionNames": .texts, "allowed_function_names": .texts,
    ])

    // MARK: - Settings

    private static let config = RequestShape.fields([
        "temperature": .number, "topP": .number, "top_p": .number, "topK": .number, "top_k": .number,
        "seed": .number, "presencePenalty": .number, "presence_penalty": .number, "frequencyPenalty": .number,
        "frequency_penalty": .number, "logprobs": .number, "responseLogprobs": .flag, "response_logprobs": .flag,
        "candidateCount": .number, "candidate_count": .number, "stopSequences": .texts, "stop_sequences": .texts,
        "maxOutputTokens": .number, "max_output_tokens": .number, "thinkingConfig": thinking,
        "thinking_config": thinking, "responseMimeType": .text, "response_mime_type": .text,
        "responseModalities": .texts, "response_modalities": .texts,
    ])
    private static let thinking = RequestShape.fields([
        "includeThoughts": .flag, "include_thoughts": .flag, "thinkingLevel": .text, "thinking_level": .text,
        "thinkingBudget": .number, "thinking_budget": .number,
    ])
}
