package import Dialects

/// Rules that turn the base address a user gave into the addresses of the calls.
package enum ChatAddress {
    /// The address of chat calls under a base address.
    ///
    /// Trailing slashes go; an address that already names the call stays; after a version segment (`/v1`, `/v4`,
    /// `/v1beta`) the call is appended, otherwise with `/v1` in front. A base that is the beginning of the
    /// catalogue's own address for the dialect stands for that address, so that vendors without a version segment work.
    package static func chat(
        base: String,
        dialect: Dialect,
        catalogue: String? = nil
    ) throws(UpstreamURL.Problem) -> UpstreamURL {
        var url = try UpstreamURL(base)
        url.path = url.path.withoutTrailingSlashes
        if isCall(url.path, dialect) { return url }
        if let catalogue, let own = try? UpstreamURL(catalogue), own.origin == url.origin,
            own.path.hasPrefix(url.path + "/")
        {
            return UpstreamURL.replacing(own, query: url.query ?? own.query)
        }
        url.path += (endsInVersion(url.path) ? "" : "/v1") + call(dialect)
        return url
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
    package static func models(besides chat: UpstreamURL) -> UpstreamURL {
        var url = chat
        url.query = nil
        url.path = chat.path.withoutTrailingSlashes
        for ending in ["/chat/completions", "/messages", "/responses", "/chat"] where url.path.hasSuffix(ending) {
            url.path.removeLast(ending.count)
            break
        }
        url.path += "/models"
        return url
    }

    /// The token count that belongs to a Messages address; the query stays.
    package static func countTokens(besides chat: UpstreamURL) -> UpstreamURL {
        var url = chat
        url.path = chat.path.withoutTrailingSlashes
        if !url.path.hasSuffix("/messages") { url.path += "/messages" }
        url.path += "/count_tokens"
        return url
    }

    /// The Messages address beside an OpenAI-style one, for models that are spoken to in Anthropic's format.
    static func messages(besides chat: UpstreamURL) -> UpstreamURL {
        var url = chat
        let ending = "/chat/completions"
        url.path = chat.path.withoutTrailingSlashes
        if url.path.hasSuffix(ending) { url.path.removeLast(ending.count) }
        url.path += "/messages"
        return url
    }

    private static func call(_ dialect: Dialect) -> String {
        dialect == .anthropicMessages ? "/messages" : "/chat/completions"
    }

    private static func isCall(_ path: String, _ dialect: Dialect) -> Bool {
        if dialect == .anthropicMessages { return path.hasSuffix("/messages") }
        return path.hasSuffix("/chat/completions") || path.hasSuffix("/responses") || path.hasSuffix("/chat")
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
