import CryptoCore
import Dialects
import HTTPCore
import JSONCore

/// The conversation a request belongs to.
enum Session {
    private static let headerNames = ["x-session-id", "x_session_id", "x-omniroute-session", "session-id"]
    /// Most requests are smaller, and need no more room than this.
    private static let usualSize = 1_024

    /// The client's own name for the session, else a fingerprint of what stays the same over its turns: model, system prompt, first
    /// user message and tools.
    static func id(headers: HTTPHeaders, body: JSONValue, model: String) -> String {
        for name in headerNames {
            if let value = headers[name], !value.isEmpty { return "ext:" + value.prefix(64) }
        }
        var same: [UInt8] = []
        same.reserveCapacity(model.utf8.count + min(body.document.bytes.count, usualSize))
        same.append(contentsOf: model.utf8)
        if let system = body.present("system") { append(system, to: &same) }
        if let messages = body["messages"] {
            for message in messages.elements.lazy.prefix(8) {
                guard let role = message["role"] else { continue }
                let isUser = role.equals("user")
                if isUser || role.equals("system") || role.equals("developer") {
                    same.append(contentsOf: role.raw)
                    if let content = message["content"] { append(content, to: &same) }
                }
                if isUser { break }
            }
        }
        if let tools = body.present("tools") {
            for tool in tools.elements {
                let name = tool["name"] ?? tool["function"]?["name"]
                if let name { same.append(contentsOf: name.raw) }
            }
        }
        return SHA256.hash(same).shortHex
    }

    /// Text without its cache marks: clients move those on with every turn.
    private static func append(_ content: JSONValue, to same: inout [UInt8]) {
        guard content.isArray else { return same.append(contentsOf: content.raw) }
        for part in content.elements { same.append(contentsOf: part["text"]?.raw ?? part.raw) }
    }
}
