package import Store

/// What the gate asks about a credential; behind it stand the store and the secrets.
package protocol CredentialChecking {
    /// The key made here that equals `presented`, revoked and disabled ones included.
    func apiKey(_ presented: String) -> APIKey?
    /// Whether `presented` is the key of the environment.
    func isEnvironmentKey(_ presented: String) -> Bool
    /// The session a cookie stands for, if it is alive.
    func session(_ token: String) -> Session?
    /// The holder of the key that the request presents, if that has been found out before; whether the key may still be used
    /// has not.
    var knownHolder: Principal? { get }
}

extension CredentialChecking {
    package var knownHolder: Principal? { nil }

    /// Whose key `presented` is.
    func holder(of presented: String) -> Principal? {
        if let knownHolder { return knownHolder }
        return isEnvironmentKey(presented) ? .environmentKey : apiKey(presented).map { .apiKey(KeyHolder($0)) }
    }
}

/// Texts that tools send where they insist on a key and the user has none.
///
/// They never identify anybody.
private let placeholderKeys: Set<String> = [
    "", "dummy", "dummy-key", "placeholder", "none", "null", "undefined", "not-needed", "not-used", "no-key",
    "no-key-required", "sk-no-key-required", "empty", "ollama", "lm-studio", "local", "test", "xxx", "sk-xxx",
    "sk-test",
    "sk-dummy", "sk-placeholder", "your-api-key", "your_api_key", "api-key", "apikey", "key", "any", "anything",
    "omniroute", "sk-omniroute", "proxy_managed", "sk-ant-dummy", "sk-ant-placeholder", "sk-ant-xxx",
]

/// What a request presented as its key.
enum PresentedKey: Sendable, Hashable {
    case none
    case one(String)
    /// Two carriers with different keys, neither of which is a placeholder.
    case conflicting

    /// Reads the carriers.
    ///
    /// Equal values are one key; of different ones a placeholder loses.
    init(_ facts: RequestFacts) {
        let (tokens, headers, address) = (facts.fields.bearerTokens, facts.fields.keyHeaders, facts.addressKeys)
        guard tokens.count + headers.count + address.count > 1 else {
            let only = tokens.first ?? headers.first ?? address.first ?? ""
            self = only.isEmpty ? .none : .one(only)
            return
        }
        let distinct = Set(tokens + headers + address)
        if distinct.count <= 1 {
            self = distinct.first.map { $0.isEmpty ? .none : .one($0) } ?? .none
            return
        }
        let real = distinct.filter { !placeholderKeys.contains($0.lowercased()) }
        switch real.count {
        case 0: self = distinct.sorted().last.map { .one($0) } ?? .none
        case 1: self = real.first.map { .one($0) } ?? .none
        default: self = .conflicting
        }
    }
}
