import JSONCore

/// What stands in Anthropic blocks for things of other dialects.
enum MessagesBlocks {
    /// The signature as an Anthropic client sees it: its own as it is, others in a carrier.
    static func text(of signature: Signature) -> JSONText {
        signature.family == .anthropic && signature.scope == nil ? signature.data : signature.carrier
    }

    /// Begins the ids of searches that another dialect's provider made: Anthropic must not see them again.
    static let ownSearch = "srvtoolu_omr1_"

    static func searchID(_ ids: any IDGenerator) -> String { ownSearch + ids.characters(24) }

    /// Writes the members of a search that the provider made.
    static func writeSearch(_ id: String, _ call: WebSearchCall, to writer: inout JSONWriter) {
        writer.member("type", literal: "server_tool_use")
        writer.member("id", id)
        writer.member("name", literal: "web_search")
        writer.key("input")
        writer.beginObject()
        writer.member("query", call.query)
        writer.endObject()
    }

    /// Writes the members of what a search found.
    static func writeSearchResult(_ id: String, _ call: WebSearchCall, to writer: inout JSONWriter) {
        writer.member("type", literal: "web_search_tool_result")
        writer.member("tool_use_id", id)
        writer.key("content")
        writer.beginArray()
        for source in call.sources {
            writer.beginObject()
            writer.member("type", literal: "web_search_result")
            writer.member("url", source.url)
            writer.member("title", source.title ?? source.url)
            writer.member("encrypted_content", literal: "")
            writer.memberNull("page_age")
            writer.endObject()
        }
        writer.endArray()
    }

    /// Stands for an image, which Anthropic's answers cannot contain.
    static func replacement(for media: Media) -> JSONText {
        if case .url(let url) = media.source { return JSONText.joined(["![image](", url, ")"], separator: "") }
        return "[image output omitted]"
    }
}
