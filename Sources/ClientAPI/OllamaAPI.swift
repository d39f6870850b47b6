import Dialects
import Gate
import HTTPCore
import HTTPServer
import JSONCore

/// What Ollama's clients ask besides chats: which models there are, and whether this is an Ollama at all.
struct OllamaAPI: Sendable {
    /// A release of Ollama whose API is the one spoken here; clients ask for a minimum.
    private static let version: StaticString = "0.12.6"

    let api: ClientAPI

    func listModels(_ call: Call) async {
        call.respond(.json(await api.visibleModels(call).ollamaList))
    }

    func showModel(_ call: Call) async throws {
        let name = try modelName(of: call)
        guard let model = await api.visibleModels(call)[ollama: name] else {
            throw Failure(.notFound, "model '\(name)' not found", code: "model_not_found", param: "model")
        }
        call.respond(.json(model.ollamaDetails))
    }

    /// Nothing is loaded here.
    func listRunning(_ call: Call) {
        call.respond(.json(Array(#"{"models":[]}"#.utf8)))
    }

    func tellVersion(_ call: Call) {
        call.respond(.json(Array(#"{"version":"\#(Self.version)"}"#.utf8)))
    }

    /// What Ollama's own clients look for before anything else.
    func tellRunning(_ call: Call) {
        call.respond(.text("Ollama is running"))
    }

    private func modelName(of call: Call) throws(Failure) -> String {
        guard let root = (try? JSONDocument.parse(try api.body(of: call)))?.root, root.isObject else {
            throw Failure(.invalidRequest, "Invalid JSON body", code: "invalid_json")
        }
        guard let name = (root.present("model") ?? root.present("name"))?.string, !name.isEmpty else {
            throw Failure(.invalidRequest, "model is required", param: "model")
        }
        return name
    }
}
