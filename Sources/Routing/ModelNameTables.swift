/// Names under which other gateways offer well-known models.
enum ForeignNames {
    private static let names: [String: String] = [
        "gpt-oss:120b": "gpt-oss-120b",
        "deepseek-v3.2-chat": "deepseek-v3.2",
        "deepseek-v3-2": "deepseek-v3.2",
        "qwen3-coder:480b": "Qwen/Qwen3-Coder-480B-A35B-Instruct",
        "claude-opus-4.5": "claude-opus-4-5-20251101",
        "anthropic/claude-opus-4.5": "claude-opus-4-5-20251101",
    ]

    static func local(_ name: String) -> String? { names[name] }
}

/// Ids that a provider has given up, or that users carry over from another one.
enum RenamedModels {
    private static let byProvider: [String: [String: String]] = [
        "github": ["gemini-3-pro": "gemini-3.1-pro-preview"],
        "nvidia": ["gpt-oss-120b": "openai/gpt-oss-120b", "gpt-oss-20b": "openai/gpt-oss-20b"],
        "kiro": [
            "claude-opus-4-5": "claude-opus-4.5", "claude-opus-4-6": "claude-opus-4.6",
            "claude-sonnet-4-5": "claude-sonnet-4.5", "claude-sonnet-4-6": "claude-sonnet-4.6",
            "claude-haiku-4-5": "claude-haiku-4.5",
        ],
    ]

    static func current(_ model: String, provider: String) -> String { byProvider[provider]?[model] ?? model }
}
