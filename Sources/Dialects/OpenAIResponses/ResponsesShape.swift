/// Responses requests.
enum ResponsesShape {
    static let request = RequestShape.fields([
        "input": .either([.text, .list(.either([.text, item])), item]), "instructions": .text, "tools": .list(tool),
        "tool_choice": choice, "parallel_tool_calls": .flag, "max_output_tokens": .number, "temperature": .number,
        "top_p": .number, "top_logprobs": .number, "include": .texts, "store": .flag, "background": .flag,
        "truncation": .text, "metadata": .object, "user": .text, "safety_identifier": .text,
        "prompt_cache_key": .text, "prompt_cache_retention": .text, "prompt_cache_options": .object,
        "client_metadata": .object, "service_tier": .text, "stream_options": .fields(["include_obfuscation": .flag]),
        "streaming": .flag, "non_stream": .flag, "disable_stream": .flag, "disable_streaming": .flag,
        "reasoning": .fields(["effort": .text, "summary": .text, "generate_summary": .text]),
        "text": .fields([
            "verbosity": .text,
            "format": .fields(["type": .text, "name": .text, "description": .text, "strict": .flag]),
        ]),
    ])

    private static let item = RequestShape.fields([
        "type": .text, "content": ChatShape.content, "id": .identifier, "call_id": .identifier, "name": .text,
        "namespace": .text, "arguments": .arguments, "input": .text,
        "summary": .list(.fields(["type": .text, "text": .text])), "phase": .text,
        "encrypted_content": .text, "action": .object, "operation": .object, "result": .text,
        "output": .either([.text, .list(.either([.text, ChatShape.partMembers])), .object]), "status": .text,
        "tools": .list(tool),
    ])

    private static let tool = RequestShape.both(single, .fields(["tools": .list(single)]))

    private static let single = RequestShape.both(
        ChatShape.tool,
        .fields(["format": ChatShape.grammar, "defer_loading": .flag])
    )

    private static let choice = RequestShape.either([
        .text,
        .fields([
            "type": .text, "name": .text, "namespace": .text, "mode": .text, "tools": .list(ChatShape.named),
            "function": .fields(["name": .text]),
        ]),
    ])
}
