package import Dialects
package import EventLoop
package import HTTPCore
import JSONCore
package import Store
package import TimeCore

/// A client's request for a completion, as the surface hands it over.
package final class ChatRequest: Sendable {
    /// The dialect of the route, which is also that of the answer.
    package let dialect: Dialect
    /// The client's header fields.
    package let headers: HTTPHeaders
    /// The JSON text.
    package let body: [UInt8]
    /// The path, for logs and records.
    package let path: String
    /// What the path says of the request.
    package let address: RequestAddress
    /// The provider that the route is for (`/v1/providers/{provider}/…`).
    package let requiredProvider: String?
    /// The key that was presented; nil for local use without one.
    let key: PresentedKey?
    /// Unique, whatever the client sent: what the usage record is keyed by.
    package let recordID: String
    /// The configuration that serves the request from start to end.
    package let configuration: Configuration
    /// The loop that the request lives on.
    package let loop: EventLoop
    /// When the request was complete.
    package let receivedAt: MonotonicTime

    package init(
        dialect: Dialect,
        headers: HTTPHeaders,
        body: [UInt8],
        path: String,
        address: RequestAddress = RequestAddress(),
        requiredProvider: String? = nil,
        apiKey: APIKey?,
        recordID: String,
        configuration: Configuration,
        loop: EventLoop,
        receivedAt: MonotonicTime
    ) {
        self.dialect = dialect
        self.headers = headers
        self.body = body
        self.path = path
        self.address = address
        self.requiredProvider = requiredProvider
        key = if let apiKey { PresentedKey(apiKey) } else { nil }
        self.recordID = recordID
        self.configuration = configuration
        self.loop = loop
        self.receivedAt = receivedAt
    }
}

extension ChatRequest {
    /// Whether the client would rather have no answer than one to less than it asked.
    var isStrict: Bool { headers["x-omniroute-strict"]?.equalsIgnoringASCIICase("true") == true }
}

/// What a request needs to know of its key, which as a whole is large to copy.
struct PresentedKey: Sendable {
    let id: String
    let name: String
    let isLogged: Bool
    /// Empty means all.
    let allowedModels: [String]
    let allowedConnections: [String]
    let continuation: StreamContinuation?
    let toolCalls: ToolCallPolicy?

    fileprivate init(_ key: APIKey) {
        id = key.id
        name = key.name
        isLogged = !key.noLog
        allowedModels = key.allowedModels
        allowedConnections = key.allowedConnections
        continuation = key.streamContinuation.flatMap(StreamContinuation.init)
        toolCalls = key.toolCallGuard.flatMap(ToolCallPolicy.init)
    }
}

/// What a request asks, read from its body once.
struct Question {
    let document: JSONDocument
    /// The model text as the client sent it.
    let model: String
    let wantsStream: Bool

    init(_ request: ChatRequest) throws(Failure) {
        let received = try Question.parse(request.body)
        guard received.root.isObject else {
            throw Failure(.invalidRequest, "The request body must be a JSON object")
        }
        // Two readers of `{"model":"a","model":"b"}` may disagree about what was asked.
        if let name = received.root.firstDuplicateKey() {
            throw Failure(.invalidRequest, "The request body has more than one member \"\(name)\"", param: name)
        }
        do {
            document = try Question.chat(received, request.address.layout)
            let facts = try RequestFacts.read(
                document,
                dialect: request.dialect,
                address: request.address
            )
            model = facts.model
            wantsStream = facts.streams ?? Question.prefersStream(request.headers)
        } catch {
            throw error.failure
        }
    }

    /// A local count of the input for clients that are told one before the upstream reports its own.
    func estimatedInputTokens(in dialect: Dialect) -> Int? {
        guard dialect == .anthropicMessages, wantsStream else { return nil }
        return TokenEstimate.inputTokens(document, dialect: dialect)
    }

    /// The chat that a body of one of the older endpoints asks for; that of another as it is.
    private static func chat(_ body: JSONDocument, _ layout: AnswerLayout) throws(DialectError) -> JSONDocument {
        switch layout {
        case .textCompletion: try TextCompletion.chatBody(from: body)
        case .generate: try OllamaGenerate.chatBody(from: body)
        case .standard, .jsonArray: body
        }
    }

    /// Parses a request body; the message of a failure says where it is malformed.
    static func parse(_ body: [UInt8]) throws(Failure) -> JSONDocument {
        do {
            return try JSONDocument.parse(body)
        } catch {
            throw Failure(.invalidRequest, "Invalid JSON body: \(error)", code: "invalid_json")
        }
    }

    /// Whether a client that did not say accepts an event stream and nothing else.
    private static func prefersStream(_ headers: HTTPHeaders) -> Bool {
        guard let accept = headers["accept"]?.lowercased() else { return false }
        return accept.contains("text/event-stream") && !accept.contains("application/json")
    }
}
