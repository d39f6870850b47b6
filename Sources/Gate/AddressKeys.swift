import HTTPCore

/// Keys that a request carries in its address, where some kinds of clients put them: `?key=` of Gemini's, and the token in
/// `/v1/vscode/{token}/…` of Ollama's that can send no header.
///
/// They count on the paths of those clients only, so that no link to another page can carry a credential. What is logged or
/// recorded of an address is a path without them.
enum AddressKeys {
    private static let tokenPaths = ["/v1/vscode/", "/api/v1/vscode/", "/v1/v1/vscode/"]

    static func read(_ method: HTTPMethod, _ target: RequestTarget) -> [String] {
        if let token = token(in: target.path) { return [token] }
        guard !target.rawQuery.isEmpty else { return [] }
        let isModelList = target.path.utf8.starts(with: "/v1/models".utf8)
        guard isModelList || ClientFamily(method, target) == .gemini else { return [] }
        return target.query.filter { $0.name == "key" && !$0.value.isEmpty }.map(\.value)
    }

    private static func token(in path: String) -> String? {
        guard let beginning = tokenPaths.first(where: { path.utf8.starts(with: $0.utf8) }) else { return nil }
        let rest = path.utf8.dropFirst(beginning.utf8.count)
        return String(Substring(rest.prefix { $0 != UInt8(ascii: "/") }))
    }
}
