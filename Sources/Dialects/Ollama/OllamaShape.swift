/// Ollama's chat requests.
enum OllamaShape {
    static let request = RequestShape.fields([
        "messages": .list(message), "tools": .list(ChatShape.tool), "format": .either([.text, .object]),
        "options": options, "logprobs": .flag, "top_logprobs": .number,
    ])

    private static let message = RequestShape.fields([
        "content": ChatShape.content, "images": .texts, "thinking": .text, "tool_calls": .list(ChatShape.call),
        "tool_name": .text, "name": .text, "tool_call_id": .identifier,
    ])

    private static let options = RequestShape.fields([
        "num_predict": .number, "temperature": .number, "top_p": .number, "top_k": .number, "min_p": .number,
        "seed": .number, "repeat_penalty": .number, "presence_penalty": .number, "frequency_penalty": .number,
        "stop": .either([.text, .texts]),
    ])
}
