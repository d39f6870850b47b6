package import Dialects
package import HTTPCore

/// Everything needed to send one request to an upstream, short of its body.
///
/// Two references: a request hands it from function to function.
package struct UpstreamCall: Sendable {
    private let plan: CallPlan
    /// The fields to send, the credential among them.
    package let headers: HTTPHeaders

    init(_ plan: CallPlan, headers: HTTPHeaders) {
        self.plan = plan
        self.headers = headers
    }

    package var url: String { plan.url }
    package var dialect: Dialect { plan.dialect }
    package var profile: TargetProfile { plan.profile }
    /// Id of the model to name in the body.
    package var upstreamModel: String { plan.upstreamModel }
    /// Changes to the translated body that are peculiar to the provider or the connection.
    package var bodyRules: BodyRules { plan.bodyRules }
    /// There are no such changes.
    package var keepsBody: Bool { plan.keepsBody }
    /// The upstream is asked for a stream even if the client wants one whole answer.
    package var forceStream: Bool { plan.forceStream }
    /// Connections are never shared between different keys: one per account.
    package var poolKey: String { plan.poolKey }
    package var timeouts: CallTimeouts { plan.timeouts }
    /// Addresses on this machine and in private networks are allowed.
    package var allowsPrivateAddresses: Bool { plan.allowsPrivateAddresses }

    /// The token count that belongs to this chat call.
    func countingTokens(at url: String) -> UpstreamCall {
        var timeouts = timeouts
        timeouts.headers = .seconds(10)
        let counting = CallPlan(
            url: url,
            headers: plan.headers,
            dialect: dialect,
            profile: profile,
            upstreamModel: upstreamModel,
            bodyRules: BodyRules(),
            forceStream: false,
            poolKey: poolKey,
            timeouts: timeouts,
            allowsPrivateAddresses: allowsPrivateAddresses,
            credential: plan.credential
        )
        return UpstreamCall(counting, headers: headers)
    }
}

/// A call that is complete but for its credential: the same for all requests of an account for a model.
final class CallPlan: Sendable {
    let url: String
    let headers: HTTPHeaders
    let dialect: Dialect
    let profile: TargetProfile
    let upstreamModel: String
    let bodyRules: BodyRules
    let keepsBody: Bool
    let forceStream: Bool
    let poolKey: String
    let timeouts: CallTimeouts
    let allowsPrivateAddresses: Bool
    /// Where the credential goes.
    let credential: CredentialPlacement

    init(
        url: String,
        headers: HTTPHeaders,
        dialect: Dialect,
        profile: TargetProfile,
        upstreamModel: String,
        bodyRules: BodyRules,
        forceStream: Bool,
        poolKey: String,
        timeouts: CallTimeouts,
        allowsPrivateAddresses: Bool,
        credential: CredentialPlacement
    ) {
        self.url = url
        self.headers = headers
        self.dialect = dialect
        self.profile = profile
        self.upstreamModel = upstreamModel
        self.bodyRules = bodyRules
        keepsBody = bodyRules.isEmpty
        self.forceStream = forceStream
        self.poolKey = poolKey
        self.timeouts = timeouts
        self.allowsPrivateAddresses = allowsPrivateAddresses
        self.credential = credential
    }
}

/// A call without a model: model lists, key checks.
package struct UpstreamQuery: Sendable {
    /// Whose errors the answer may hold.
    package var dialect: Dialect
    package var url: String
    package var headers: HTTPHeaders
    package var poolKey: String
    package var timeouts: CallTimeouts
    package var allowsPrivateAddresses: Bool
}

/// Whom a call goes to.
package enum UpstreamParty: Sendable {
    case provider(Provider)
    case node(UpstreamNode)

    /// Id under which connections, usage and prices of the upstream are kept.
    package var id: String {
        switch self {
        case .provider(let provider): provider.id
        case .node(let node): node.id
        }
    }

    /// What the user defined, if it is that.
    var node: UpstreamNode? {
        if case .node(let node) = self { node } else { nil }
    }

    /// The prefix that names it in front of a model.
    package var prefix: String {
        switch self {
        case .provider(let provider): provider.alias
        case .node(let node): node.prefix
        }
    }
}

/// A provider that the user defined: a base address and a dialect.
///
/// A class, because every request passes it on several times.
package final class UpstreamNode: Sendable {
    package let id: String
    package let prefix: String
    package let dialect: Dialect
    package let baseURL: String
    /// Replaces the path of the dialect when not empty.
    package let chatPath: String?
    package let modelsPath: String?
    package let customHeaders: [String: String]
    /// Why chat cannot be used through it, or nil.
    package let unsupportedReason: String?

    package init(
        id: String,
        prefix: String,
        dialect: Dialect,
        baseURL: String,
        chatPath: String? = nil,
        modelsPath: String? = nil,
        customHeaders: [String: String] = [:],
        unsupportedReason: String? = nil
    ) {
        self.id = id
        self.prefix = prefix
        self.dialect = dialect
        self.baseURL = baseURL
        self.chatPath = chatPath
        self.modelsPath = modelsPath
        self.customHeaders = customHeaders
        self.unsupportedReason = unsupportedReason
    }
}

extension UpstreamNode: Equatable {
    package static func == (left: UpstreamNode, right: UpstreamNode) -> Bool {
        left === right
            || left.id == right.id && left.prefix == right.prefix && left.dialect == right.dialect
                && left.baseURL == right.baseURL && left.chatPath == right.chatPath
                && left.modelsPath == right.modelsPath && left.customHeaders == right.customHeaders
                && left.unsupportedReason == right.unsupportedReason
    }
}

/// The account a call is made with.
package struct UpstreamAccount: Sendable {
    /// Id of the connection; calls of different accounts never share a network connection.
    package var id: String
    /// API key, or nil for providers that want none.
    package var credential: String?
    package var options: ConnectionOptions

    package init(id: String, credential: String?, options: ConnectionOptions = ConnectionOptions()) {
        self.id = id
        self.credential = credential.flatMap { $0.isEmpty ? nil : $0 }
        self.options = options
    }

    /// The key for the n-th use: the account's own key and its extra keys in turn.
    package func credential(turn: Int) -> String? {
        if options.extraKeys.isEmpty { return credential }
        let keys = (credential.map { [$0] } ?? []) + options.extraKeys
        guard !keys.isEmpty else { return nil }
        return keys[(turn % keys.count + keys.count) % keys.count]
    }
}

/// What the client's request adds to a call.
package struct CallRequest: Sendable {
    /// Model id as resolved: without prefix and without the `[1m]` suffix.
    package var model: String
    /// The model name ended in `[1m]`.
    package var wantsLongContext: Bool
    /// The client wants a stream.
    package var stream: Bool
    /// The client's own `anthropic-beta` values; merged for native Anthropic targets only.
    package var clientBetas: [String]
    /// The client's own `anthropic-version`.
    package var clientVersion: String?
    /// How many calls this account has made before, to take its keys in turn.
    package var keyTurn: Int
    /// The client's dialect; nil for calls of the gateway's own.
    package var clientDialect: Dialect?

    package init(
        model: String,
        stream: Bool,
        clientDialect: Dialect? = nil,
        wantsLongContext: Bool = false,
        clientHeaders: HTTPHeaders = HTTPHeaders(),
        keyTurn: Int = 0
    ) {
        self.model = model
        self.stream = stream
        self.wantsLongContext = wantsLongContext
        clientBetas = clientHeaders.values("anthropic-beta")
        clientVersion = clientHeaders["anthropic-version"]
        self.keyTurn = keyTurn
        self.clientDialect = clientDialect
    }
}

/// Why a call cannot be made; the text is for the client.
package struct CallError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// This version cannot speak to the provider or model.
        case unsupported
        /// The connection lacks something: key, account id, base address.
        case incomplete
        /// The address is not allowed.
        case refusedAddress
    }

    package let code: Code
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
