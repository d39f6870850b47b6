import JSONCore

/// Chat requests, with all that clients are known to put into them.
enum ChatShape {
    static let request = RequestShape.both(
        settings,
        .fields(["system": MessagesShape.content, "messages": .list(message), "extra_body": settings])
    )

    /// Everything but the conversation.
    private static let settings = RequestShape.fields([
        "tools": .list(tool), "functions": .list(function), "tool_choice": choice, "function_call": choice,
        "parallel_tool_calls": .flag,
        "stream_options": .fields(["include_usage": .flag, "include_obfuscation": .flag]), "streaming": .flag,
        "non_stream": .flag, "disable_stream": .flag, "disable_streaming": .flag,
        "temperature": .number, "top_p": .number, "top_k": .number, "min_p": .number, "repetition_penalty": .number,
        "repeat_penalty": .number, "seed": .number, "presence_penalty": .number, "frequency_penalty": .number,
        "top_logprobs": .number, "logprobs": .flag, "logit_bias": .object, "n": .number,
        "stop": .either([.text, .texts]), "max_tokens": .number, "max_completion_tokens": .number,
        "max_output_tokens": .number, "reasoning_effort": .text,
        "reasoning": .fields(["effort": .text, "max_tokens": .number, "enabled": .flag, "exclude": .flag]),
        "output_config": .fields(["effort": .text]),
        "thinking": .fields(["type": .text, "budget_tokens": .number]), "thinking_budget": .number,
        "enable_thinking": .flag, "response_format": format, "safety_identifier": .text, "user": .text,
        "service_tier": .text, "prompt_cache_key": .text, "prompt_cache_retention": .text,
        "prompt_cache_options": .object, "metadata": .object, "store": .flag, "verbosity": .text,
        "modalities": .texts, "audio": .object, "cache_control": MessagesShape.mark,
        "web_search_options": .fields([
            "search_context_size": .text, "user_location": .fields(["type": .text, "approximate": .object]),
        ]),
    ])

    private static let format = RequestShape.fields(
        [
            "type": .text, "name": .text, "description": .text, "strict": .flag,
            "json_schema": .fields(["name": .text, "description": .text, "strict": .flag]),
        ],
        needs: ["type"]
    )

    private static let choice = RequestShape.either([
        .text,
        .fields([
            "type": .text, "name": .text, "function": .fields(["name": .text]), "custom": .fields(["name": .text]),
            "disable_parallel_tool_use": .flag, "mode": .text,
            "allowed_tools": .fields(["mode": .text, "tools": .list(named)]), "tools": .list(named),
        ]),
    ])

    /// A tool that a choice names.
    static let named = RequestShape.fields([
        "type": .text, "name": .text, "function": .fields(["name": .text]), "custom": .fields(["name": .text]),
    ])

    // MARK: - Messages

    private static let message = RequestShape.fields([
        "content": content, "name": .text, "refusal": .text, "tool_calls": .list(call), "function_call": callFunction,
        "tool_call_id": .identifier, "reasoning_content": .text, "reasoning_details": .list(.object),
        "thinking_blocks": .list(.object), "images": .list(.either([.text, part])), "audio": .object,
        "cache_control": MessagesShape.mark,
    ])

    private static let callFunction = RequestShape.fields(["name": .text, "arguments": .arguments])

    static let call = RequestShape.fields([
        "id": .identifier, "type": .text, "function": callFunction, "name": .text, "arguments": .arguments,
        "custom": .fields(["name": .text, "input": .arguments]),
        "extra_content": .fields(["google": .fields(["thought_signature": .text])]),
    ])

    static let content = RequestShape.either([.text, .list(.either([.text, part])), part])

    private static let url = RequestShape.either([.text, .fields(["url": .text, "detail": .text])])

    private static let file = RequestShape.fields([
        "file_data": .either([.text, .object]), "filename": .text, "file_name": .text, "file_id": .text,
        "file_url": .text, "url": .text, "data": .text, "mediaType": .text, "mimeType": .text, "mime_type": .text,
        "inlineData": .object, "inline_data": .object, "fileData": .object,
    ])

    static let part = RequestShape.both(partMembers, .fields([:], needs: ["type", "text", "image_url"]))

    static let partMembers = RequestShape.both(
        .fields([
            "refusal": .text, "image_url": url, "image": .text, "detail": .text,
            "input_audio": .fields(["data": .text, "format": .text]), "audio_url": url, "video_url": url, "file": file,
            "document": file, "annotations": .list(.object),
        ]),
        .both(
            file,
            .fields([
                "type": .text, "text": .text, "source": MessagesShape.source, "title": .text, "context": .text,
                "citations": .either([.object, .list(.object)]), "thinking": .text, "signature": .text,
                "id": .identifier, "name": .text, "input": .arguments, "tool_use_id": .identifier,
                "content": MessagesShape.content, "is_error": .flag, "cache_control": MessagesShape.mark,
            ])
        )
    )

    // MARK: - Tools

    /// Names are looked at where it is known which tools must have one; descriptions may be any JSON.
    private static let function = RequestShape.fields([
        "parameters": .schema, "input_schema": .schema, "strict": .flag, "cache_control": MessagesShape.mark,
    ])

    /// The grammar of a tool that takes free text, in an object of its own or not.
    static let grammar = RequestShape.fields([
        "type": .text, "definition": .text, "syntax": .text,
        "grammar": .fields(["definition": .text, "syntax": .text]),
    ])

    static let tool = RequestShape.both(
        function,
        .fields([
            "type": .text, "function": function, "custom": .fields(["format": grammar]),
            "search_context_size": .text, "user_location": .object, "allowed_domains": .texts, "filters": .object,
        ])
    )
}
