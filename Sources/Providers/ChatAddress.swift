package import Dialects
import HTTPCore

/// Rules that turn the base address a user gave into the addresses of the calls.
package enum ChatAddress {
    /// The address of chat calls under a base address.
    ///
    /// Trailing slashes go; an address that already names the call stays; after a version segment (`/v1`, `/v4`,
    /// `/v1beta`) the call is appended, otherwise with `/v1` in front. A base that is the beginning of the
    /// catalogue's own address for the dialect stands for that address, so that vendors without a version segment work.
    /// Gemini's addresses name the model and whether a stream is wanted.
    package static func chat(
        base: String,
        dialect: Dialect,
        catalogue: String? = nil,
        model: String = "",
        streams: Bool = false
    ) throws(UpstreamURL.Problem) -> UpstreamURL {
        var url = try UpstreamURL(base)
        url.path = url.path.withoutTrailingSlashes
        switch dialect {
        case .gemini: return gemini(base: url, model: model, streams: streams)
        case .ollama: return ollama(base: url)
        case .openAIChat, .openAIResponses, .anthropicMessages: break
        }
        if isCall(url.path, dialect) { return url }
        if let catalogue, let own = try? UpstreamURL(catalogue), own.origin == url.origin,
            own.path.hasPrefix(url.path + "/")
        {
            return UpstreamURL.replacing(own, query: url.query ?? own.query)
        }
        let leaf = "/chat/completions"
        if dialect == .openAIResponses, url.path.hasSuffix(leaf) { url.path.removeLast(leaf.count) }
        url.path += (endsInVersion(url.path) || isGeminiLookAlike(url.path) ? "" : "/v1") + call(dialect)
        return url
    }

    /// The dialect that a base address is meant for.
    ///
    /// Ollama and Gemini also have addresses that imitate OpenAI's API, and OpenAI's API has two dialects: a user who gives
    /// such an address means it.
    package static func dialect(ofBase base: String, native: Dialect) -> Dialect {
        guard let path = (try? UpstreamURL(base))?.path.withoutTrailingSlashes else { return native }
        switch native {
        case .ollama where path.hasSuffix("/v1") || path.hasSuffix("/chat/completions"): return .openAIChat
        case .gemini where isGeminiLookAlike(path) || path.hasSuffix("/chat/completions"): return .openAIChat
        case .openAIChat where path.hasSuffix("/responses"): return .openAIResponses
        case .openAIChat, .openAIResponses, .anthropicMessages, .gemini, .ollama: return native
        }
    }

    /// The address of chat calls of a user-defined node: base and path joined as they are.
    package static func chat(
        node base: String,
        path: String?,
        dialect: Dialect
    ) throws(UpstreamURL.Problem) -> UpstreamURL {
        var url = try UpstreamURL(base)
        url.path = url.path.withoutTrailingSlashes
        if let path, !path.isEmpty {
            url.path += path.hasPrefix("/") ? path : "/" + path
        } else if !isCall(url.path, dialect) {
            url.path += call(dialect)
        }
        return url
    }

    /// The model list that belongs to a chat address.
    package static func models(besides chat: UpstreamURL, dialect: Dialect = .openAIChat) -> UpstreamURL {
        var url = chat
        url.query = nil
        url.path = chat.path.withoutTrailingSlashes
        switch dialect {
        case .ollama:
            url.path = url.path.withoutEnding("/chat") + "/tags"
            return url
        case .gemini:
            url.path = beforeModels(url.path) + "/models"
            url.query = "pageSize=1000"
            return url
        case .openAIChat, .openAIResponses, .anthropicMessages: break
        }
        for ending in ["/chat/completions", "/messages", "/responses", "/chat"] where url.path.hasSuffix(ending) {
            url.path.removeLast(ending.count)
            break
        }
        url.path += "/models"
        return url
    }

    /// The token count that belongs to a chat address; the query stays unless it belongs to the call.
    ///
    /// Nil for dialects whose servers do not count.
    package static func countTokens(besides chat: UpstreamURL, dialect: Dialect = .anthropicMessages) -> UpstreamURL? {
        var url = chat
        url.path = chat.path.withoutTrailingSlashes
        switch dialect {
        case .anthropicMessages: url.path = url.path.withoutEnding("/messages") + "/messages/count_tokens"
        case .openAIResponses: url.path += "/input_tokens"
        case .gemini:
            guard let colon = url.path.lastIndex(of: ":") else { return nil }
            url.path = url.path[..<colon] + ":countTokens"
        case .openAIChat, .ollama: return nil
        }
        return url
    }

    /// The address of another dialect's call beside an OpenAI-style one, for models that are spoken to in that.
    static func beside(_ chat: UpstreamURL, dialect: Dialect) -> UpstreamURL {
        var url = chat
        url.path = chat.path.withoutTrailingSlashes.withoutEnding("/chat/completions")
        if dialect == .ollama {
            url.path = url.path.withoutEnding("/v1")
            return ollama(base: url)
        }
        url.path += call(dialect)
        return url
    }

    /// The last part of a Gemini address.
    static func geminiAction(streams: Bool) -> String { streams ? "streamGenerateContent?alt=sse" : "generateContent" }

    private static func gemini(base: UpstreamURL, model: String, streams: Bool) -> UpstreamURL {
        var url = base
        let stem = beforeModels(url.path)
        url.path = stem + (endsInVersion(stem) ? "" : "/v1beta") + "/models/" + Percent.encode(model)
        url.path += streams ? ":streamGenerateContent" : ":generateContent"
        let kept =
            (url.query ?? "").split(separator: "&").filter { !$0.hasPrefix("alt=") } + (streams ? ["alt=sse"] : [])
        url.query = kept.isEmpty ? nil : kept.joined(separator: "&")
        return url
    }

    private static func ollama(base: UpstreamURL) -> UpstreamURL {
        var url = base
        if !url.path.hasSuffix("/api/chat") { url.path = url.path.withoutEnding("/api") + "/api/chat" }
        return url
    }

    /// The path in front of Gemini's `/models/…`.
    private static func beforeModels(_ path: String) -> String {
        guard let models = (path + "/").range(ofText: "/models/") else { return path }
        return String((path + "/")[..<models.lowerBound])
    }

    /// Gemini's imitation of OpenAI's API.
    private static func isGeminiLookAlike(_ path: String) -> Bool { path.hasSuffix("/v1beta/openai") }

    private static func call(_ dialect: Dialect) -> String {
        switch dialect {
        case .anthropicMessages: "/messages"
        case .openAIResponses: "/responses"
        case .openAIChat, .gemini, .ollama: "/chat/completions"
        }
    }

    private static func isCall(_ path: String, _ dialect: Dialect) -> Bool {
        switch dialect {
        case .anthropicMessages: path.hasSuffix("/messages")
        case .openAIResponses: path.hasSuffix("/responses")
        case .openAIChat, .gemini, .ollama:
            path.hasSuffix("/chat/completions") || path.hasSuffix("/chat") || path.hasSuffix("/responses")
        }
    }

    /// Whether the last segment is a version: `v` and a digit.
    private static func endsInVersion(_ path: String) -> Bool {
        guard let segment = path.split(separator: "/").last?.utf8, segment.first == UInt8(ascii: "v"),
            let digit = segment.dropFirst().first
        else { return false }
        return (0x30...0x39).contains(digit)
    }
}

extension UpstreamURL {
    static func replacing(_ url: UpstreamURL, query: String?) -> UpstreamURL {
        var copy = url
        copy.query = query
        return copy
    }
}

extension String {
    fileprivate func withoutEnding(_ ending: String) -> String {
        hasSuffix(ending) ? String(dropLast(ending.count)) : self
    }
}
