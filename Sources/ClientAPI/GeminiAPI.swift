import Dialects
import Gate
import Gateway
import HTTPCore
import HTTPServer

/// The routes of Gemini's clients, whose paths say which model is to do what.
struct GeminiAPI: Sendable {
    let api: ClientAPI

    /// `{model}:{action}`.
    func perform(_ call: Call) async throws {
        let asked = GeminiCall(call[parameter: "call"])
        switch asked.action {
        case "generateContent":
            try await api.complete(call, .gemini, RequestAddress(model: asked.model, streams: false))
        case "streamGenerateContent":
            let layout: AnswerLayout = wantsEvents(call) ? .standard : .jsonArray
            try await api.complete(call, .gemini, RequestAddress(model: asked.model, streams: true, layout: layout))
        case "countTokens":
            try await api.countTokens(call, .gemini, RequestAddress(model: asked.model, streams: false))
        default:
            throw Failure(.notFound, "There is no action \"\(asked.action)\" of a model here")
        }
    }

    func listModels(_ call: Call) async throws {
        try await api.listModels(call)
    }

    func showModel(_ call: Call) async throws {
        try await api.showModel(call)
    }

    private func wantsEvents(_ call: Call) -> Bool {
        let target = call.request.head.target
        return (target.queryValue("alt") ?? target.queryValue("$alt")) == "sse"
    }
}

/// The end of a path of Gemini: a model, which may itself have slashes and colons, and what it is to do.
struct GeminiCall: Equatable {
    let model: String
    let action: String

    init(_ text: String) {
        let mark = text.utf8.lastIndex(of: UInt8(ascii: ":")) ?? text.endIndex
        model = GeminiCall.modelID(text[..<mark])
        action = mark == text.endIndex ? "" : String(text[text.utf8.index(after: mark)...])
    }

    /// An id without the name of its collection, which some clients write twice.
    static func modelID(_ text: Substring) -> String {
        for collection in ["models/", "tunedModels/"] where text.utf8.starts(with: collection.utf8) {
            return String(text.dropFirst(collection.count))
        }
        return String(text)
    }
}

/// Which part of a list a client asks for.
struct GeminiPage: Equatable {
    private static let largest = 1_000

    let start: Int
    let size: Int

    /// The whole list, unless the query says otherwise.
    init(_ target: RequestTarget) throws(Failure) {
        start = try GeminiPage.number("pageToken", of: target) ?? 0
        let asked = try GeminiPage.number("pageSize", of: target) ?? 0
        size = asked == 0 ? .max : min(asked, GeminiPage.largest)
    }

    private static func number(_ name: String, of target: RequestTarget) throws(Failure) -> Int? {
        guard let text = target.queryValue(name), !text.isEmpty else { return nil }
        guard let number = Int(text), number >= 0 else {
            throw Failure(.invalidRequest, "\(name) is not valid", param: name)
        }
        return number
    }
}
