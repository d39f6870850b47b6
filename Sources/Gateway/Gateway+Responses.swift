package import Dialects
import HTTPClient
import HTTPCore
import JSONCore
import Providers
import Routing
import TimeCore

/// Responses that a client asks about after they were answered.
extension Gateway {
    /// What is kept of a response.
    ///
    /// - Throws: a 404 when it is not known, or not this client's.
    package func storedResponse(_ id: String, _ request: ChatRequest) throws(Failure) -> StoredResponse {
        let found = storedResponses.response(id, of: request.responsesOwner, at: time.monotonic())
        guard let found else { throw .unknownResponse(id) }
        return found
    }

    /// The response object as it is now: the provider that keeps it is asked, else it is what was known last.
    package func retrieve(_ id: String, _ request: ChatRequest) async throws(Failure) -> [UInt8] {
        let stored = try storedResponse(id, request)
        guard let home = stored.home, let body = try? await ask(home, .get, stored, "", request) else {
            return stored.body
        }
        return show(body, of: stored, request) ?? stored.body
    }

    /// Forgets a response, here and at the provider that keeps it.
    ///
    /// - Throws: why the provider keeps it still; then it is kept here too, so that the client can try again.
    package func delete(_ id: String, _ request: ChatRequest) async throws(Failure) {
        let stored = try storedResponse(id, request)
        if let home = stored.home {
            do throws(Failure) {
                let body = try await ask(home, .delete, stored, "", request)
                if (try? JSONDocument.parse(body))?.root["deleted"]?.bool == false { throw .unexpectedAnswer }
            } catch {
                // What is not found is gone already.
                guard error.status == 404 else { throw error }
            }
        }
        storedResponses.remove(id, of: request.responsesOwner)
    }

    /// Ends a response that a provider makes in the background; what was answered here is complete already.
    package func cancel(_ id: String, _ request: ChatRequest) async throws(Failure) -> [UInt8] {
        let stored = try storedResponse(id, request)
        guard stored.isBackground else {
            throw Failure(.invalidRequest, "Cannot cancel a synchronous response.", code: "bad_request")
        }
        guard let home = stored.home else { return stored.body }
        guard let body = show(try await ask(home, .post, stored, "/cancel", request), of: stored, request) else {
            throw .unexpectedAnswer
        }
        return body
    }

    /// What the provider that keeps a response answers.
    private func ask(
        _ home: StoredResponse.Home,
        _ method: HTTPMethod,
        _ stored: StoredResponse,
        _ suffix: String,
        _ request: ChatRequest
    ) async throws(Failure) -> [UInt8] {
        guard let call = homeCall(home, request), let url = ResponsesAddress.below(call.url, "/\(stored.id)\(suffix)")
        else { throw Failure(.unavailable, "The account that keeps the response cannot be asked right now") }
        var message = ClientRequest(
            method: method,
            url: url,
            headers: call.headers,
            body: method == .post ? [] : nil,
            pool: call.poolKey,
            egress: call.allowsPrivateAddresses ? .allowPrivate : .publicOnly
        )
        message.timeouts.total = .seconds(10)
        return try await collect(message, of: call, provider: home.provider, request)
    }

    /// Sends a message and reads the whole answer.
    ///
    /// - Throws: also what the provider answers with an error status.
    func collect(
        _ message: ClientRequest,
        of call: UpstreamCall,
        provider: String,
        _ request: ChatRequest
    ) async throws(Failure) -> [UInt8] {
        let client = try client(on: request.loop)
        do {
            let response = try await client.send(message)
            let body = try await response.collect(limit: 16 << 20)
            guard response.status.isSuccess else {
                throw UpstreamError.read(
                    status: response.status.rawValue,
                    headers: response.headers,
                    body: body,
                    dialect: call.dialect
                )
            }
            return body
        } catch let error as TransferError {
            throw error.failure(provider: provider)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .internalError
        }
    }

    /// A response object as its client sees it, which from now on is what is known; nil if it is another one.
    private func show(_ body: [UInt8], of stored: StoredResponse, _ request: ChatRequest) -> [UInt8]? {
        guard let answer = try? JSONDocument.parse(body), answer.root["id"]?.string == stored.id else { return nil }
        guard let kept = (try? JSONDocument.parse(stored.body))?.root else { return body }
        var editor = JSONEditor(answer)
        // In the client's words, as it was answered.
        for name in ["model", "previous_response_id"] as [StaticString] where answer.root[name] != nil {
            if let known = kept[name] { editor.setMember("\(name)", of: answer.root, to: Array(known.raw)) }
        }
        let shown = editor.finish()
        storedResponses.update(stored.with(body: shown), of: request.responsesOwner)
        return shown
    }

    /// The call that the account which made a response would make for another one.
    private func homeCall(_ home: StoredResponse.Home, _ request: ChatRequest) -> UpstreamCall? {
        let plan = makePlan(for: home, request)
        guard let plan, case .attempt(let attempt) = plan.next(at: time.wall()),
            let call = try? call(for: attempt, stream: false, request), call.dialect == .openAIResponses
        else { return nil }
        return call
    }

    private func makePlan(for home: StoredResponse.Home, _ request: ChatRequest) -> AttemptPlan? {
        let resolver = resolver(for: request.configuration)
        guard case .single(let target) = resolver.resolve(home.model) else { return nil }
        let planned = PlanRequest(
            .single(target),
            allowedAccounts: Set(request.key?.allowedConnections ?? []),
            forcedAccount: home.accountID
        )
        return AttemptPlan(planned, resolver: resolver, health: health)
    }
}

/// Addresses below that of an upstream's Responses endpoint.
enum ResponsesAddress {
    /// The address with more behind its path; nil if the path would not be what it looks like.
    static func below(_ url: String, _ path: String) -> String? {
        let isPlain = path.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "/")
        }
        guard isPlain else { return nil }
        let end = url.firstIndex(of: "?") ?? url.endIndex
        return url[..<end] + path + url[end...]
    }
}

extension StoredResponse.Home {
    /// What the client calls the provider.
    fileprivate var provider: String { String(model.prefix { $0 != "/" }) }
}

extension Failure {
    fileprivate static let unexpectedAnswer = Failure(
        .badGateway,
        "The provider's answer about the response is not what was asked for",
        cause: .unreadable
    )

    /// A response that is not kept, or no longer, or another client's.
    package static func unknownResponse(_ id: String) -> Failure {
        Failure(
            .notFound,
            "Response with id '\(String(decoding: id.utf8.prefix(100), as: UTF8.self))' not found.",
            code: "response_not_found"
        )
    }
}
