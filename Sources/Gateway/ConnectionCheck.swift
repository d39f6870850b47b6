import CryptoCore
package import Dialects
package import EventLoop
import HTTPClient
package import HTTPCore
import JSONCore
package import Providers
import Routing
package import Store
import TimeCore

/// What an upstream said to a trial.
package struct TrialAnswer: Sendable {
    package var status: HTTPStatus
    package var body: [UInt8]
    package var latency: Duration
    /// The upstream's error, read as for a request; nil for success.
    package var failure: Failure?
}

/// Why a trial got no answer.
package struct TrialError: Error, Sendable {
    package enum Kind: Sendable {
        /// The provider cannot be spoken to by this version.
        case unsupported
        /// The connection lacks something.
        case incomplete
        /// No connection came about, or it broke.
        case network
    }

    package var kind: Kind
    package var message: String
    package var latency: Duration
}

/// Trials of connections outside of requests, for management: nothing is recorded and no cooldown follows.
extension Gateway {
    /// Whom a connection belongs to: a provider of the catalogue or a node of the user.
    package func party(of connection: Connection, node: ProviderNode?) -> UpstreamParty? {
        if let node = node ?? store.configuration.node(connection.provider) { return .node(UpstreamNode(node)) }
        return catalogue.provider(connection.provider).map(UpstreamParty.provider)
    }

    /// Asks a connection's provider for its list of models; nil when it has none.
    package func fetchModels(
        of connection: Connection,
        node: ProviderNode?,
        limit: Duration = .seconds(20),
        on loop: EventLoop
    ) async throws(TrialError) -> TrialAnswer? {
        let (party, account) = try trialParties(connection, node)
        let query: UpstreamQuery?
        do { query = try calls.modelsList(party, account: account) } catch { throw TrialError(error) }
        guard let query else { return nil }
        let message = ClientRequest(
            method: .get,
            url: query.url,
            headers: query.headers,
            pool: query.poolKey,
            egress: query.allowsPrivateAddresses ? .allowPrivate : .publicOnly
        )
        return try await send(message, dialect: query.dialect, limit: limit, on: loop)
    }

    /// Sends the shortest chat request there is to one model of a connection.
    package func tryChat(
        _ connection: Connection,
        node: ProviderNode?,
        model: String,
        text: String,
        maxTokens: Int,
        on loop: EventLoop
    ) async throws(TrialError) -> TrialAnswer {
        let (party, account) = try trialParties(connection, node)
        let call: UpstreamCall
        do {
            call = try calls.chat(party, account: account, request: CallRequest(model: model, stream: false))
        } catch { throw TrialError(error) }
        let body: [UInt8]
        do {
            body = try trialBody(call, text: text, maxTokens: maxTokens)
        } catch { throw TrialError(kind: .unsupported, message: "The request cannot be translated", latency: .zero) }
        let message = ClientRequest(
            method: .post,
            url: call.url,
            headers: call.headers,
            body: body,
            pool: call.poolKey,
            egress: call.allowsPrivateAddresses ? .allowPrivate : .publicOnly
        )
        return try await send(message, dialect: call.dialect, limit: .seconds(20), on: loop)
    }

    private func trialParties(
        _ connection: Connection,
        _ node: ProviderNode?
    ) throws(TrialError) -> (UpstreamParty, UpstreamAccount) {
        guard let party = party(of: connection, node: node) else {
            throw TrialError(kind: .unsupported, message: "Unknown provider: \(connection.provider)", latency: .zero)
        }
        let account = UpstreamAccount(
            id: connection.id,
            credential: (connection.apiKey ?? connection.accessToken)?.exposedText(),
            options: ConnectionOptions(connection.providerSpecificData)
        )
        return (party, account)
    }

    private func trialBody(_ call: UpstreamCall, text: String, maxTokens: Int) throws -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("model", call.upstreamModel)
        json.member("max_tokens", maxTokens)
        json.key("messages")
        json.beginArray()
        json.beginObject()
        json.member("role", "user")
        json.member("content", text)
        json.endObject()
        json.endArray()
        json.endObject()
        var context = TranslationContext(
            clientDialect: .openAIChat,
            upstreamDialect: call.dialect,
            clientModel: call.upstreamModel,
            upstreamModel: call.upstreamModel,
            wantsStream: false,
            ids: RandomIDs(),
            createdAt: time.wall().unixSeconds
        )
        let body = try RequestTranslator.translate(
            try JSONDocument.parse(json.bytes),
            profile: call.profile,
            context: &context,
            upstreamStreams: false
        )
        return try call.bodyRules.apply(to: body, stream: false)
    }

    private func send(
        _ message: ClientRequest,
        dialect: Dialect,
        limit: Duration,
        on loop: EventLoop
    ) async throws(TrialError) -> TrialAnswer {
        let start = time.monotonic()
        var message = message
        message.timeouts.total = limit
        do {
            let response = try await client(on: loop).send(message)
            let body = try await response.collect(limit: 8 << 20)
            var failure: Failure?
            if !response.status.isSuccess {
                failure = UpstreamError.read(
                    status: response.status.rawValue,
                    headers: response.headers,
                    body: body,
                    dialect: dialect
                )
            } else if let answer = try? JSONDocument.parse(body) {
                failure = UpstreamError.inBody(answer.root, dialect: dialect)
            }
            return TrialAnswer(
                status: response.status,
                body: body,
                latency: time.monotonic() - start,
                failure: failure
            )
        } catch let error as TransferError {
            throw TrialError(kind: .network, message: error.shortDescription, latency: time.monotonic() - start)
        } catch {
            throw TrialError(kind: .network, message: "The gateway is shutting down", latency: time.monotonic() - start)
        }
    }
}

extension TrialError {
    fileprivate init(_ error: CallError) {
        self.init(
            kind: error.code == .unsupported ? .unsupported : .incomplete,
            message: error.description,
            latency: .zero
        )
    }
}
