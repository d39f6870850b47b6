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
        if let name = named(in: headers) { return name }
        var same: [UInt8] = []
        same.reserveCapacity(model.utf8.count + min(body.document.bytes.count, usualSize))
        same.append(contentsOf: model.utf8)
        let messages = body["messages"]
        if let system = body.present("system") ?? (messages == nil ? instructions(of: body) : nil) {
            append(system, to: &same)
        }
        if let turns = messages ?? body["input"] ?? body["contents"] { appendBeginning(of: turns, to: &same) }
        if let tools = body.present("tools") {
            for tool in tools.elements { appendNames(of: tool, to: &same) }
        }
        return SHA256.hash(same).shortHex
    }

    /// The session that a client names itself.
    static func named(in headers: HTTPHeaders) -> String? {
        for name in headerNames {
            if let value = headers[name], !value.isEmpty { return "ext:" + value.prefix(64) }
        }
        return nil
    }

    /// What dialects without `messages` call the system prompt.
    private static func instructions(of body: JSONValue) -> JSONValue? {
        body.present("instructions") ?? body.present("systemInstruction") ?? body.present("system_instruction")
    }

    /// What the system says at the beginning, and the first turn of the user; a turn that names no role is the user's.
    private static func appendBeginning(of turns: JSONValue, to same: inout [UInt8]) {
        guard turns.isArray else { return same.append(contentsOf: turns.raw) }
        for turn in turns.elements.lazy.prefix(8) {
            let role = turn["role"]
            let isUser = role.map { $0.equals("user") } ?? (turn["parts"] != nil)
            if isUser || role?.equals("system") == true || role?.equals("developer") == true {
                if let role { same.append(contentsOf: role.raw) }
                if let content = turn["content"] ?? turn["parts"] { append(content, to: &same) }
            }
            if isUser { break }
        }
    }

    private static func appendNames(of tool: JSONValue, to same: inout [UInt8]) {
        for function in tool["functionDeclarations"]?.elements ?? JSONDocument.emptyArray.root.elements {
            if let name = function["name"] { same.append(contentsOf: name.raw) }
        }
        let name = tool["name"] ?? tool["function"]?["name"]
        if let name { same.append(contentsOf: name.raw) }
    }

    /// Text without its cache marks: clients move those on with every turn.
    private static func append(_ content: JSONValue, to same: inout [UInt8]) {
        if let parts = content["parts"] { return append(parts, to: &same) }
        guard content.isArray else { return same.append(contentsOf: content.raw) }
        for part in content.elements { same.append(contentsOf: part["text"]?.raw ?? part.raw) }
    }
}
