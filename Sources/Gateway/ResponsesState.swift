import Dialects
import HTTPCore
import JSONCore
import TimeCore

/// What one request of a Responses client has to do with responses that are kept: the earlier one that it goes on from, and
/// its own that later requests may go on from.
///
/// Lives as long as the answer, so it holds the items of the input and not the request.
final class ResponsesState {
    private let store: StoredResponses
    private let owner: String
    /// The earlier response that the client named.
    let reference: String?
    private let earlier: StoredResponse?
    /// Whether the answer is kept.
    let isKept: Bool
    private let isBackground: Bool
    /// The items that lead to the answer, those of earlier responses among them: a JSON array.
    private let items: [UInt8]
    /// Where the provider keeps the answer itself.
    private var home: StoredResponse.Home?

    /// Nil for requests that neither refer to a response nor are kept.
    init?(_ request: ChatRequest, _ question: Question, gateway: Gateway) {
        let reference = ResponsesStore.reference(of: question.document)
        guard reference.stores || reference.previousID != nil else { return nil }
        isKept = reference.stores
        store = gateway.storedResponses
        owner = request.responsesOwner
        self.reference = reference.previousID
        earlier = reference.previousID.flatMap { [store, owner] in
            store.response($0, of: owner, at: gateway.time.monotonic())
        }
        isBackground = question.document.root["background"]?.bool == true
        let whole = earlier.flatMap { ResponsesStore.resolve(question.document, priorItems: $0.items) }
        items = ResponsesStore.inputItems(of: whole ?? question.document)
    }

    /// The session of the request that the earlier response answered.
    var earlierSession: String? { earlier?.sessionID }

    /// The request for one target: with the items that an earlier response stands for, unless the target keeps that response.
    func document(for document: JSONDocument, _ target: Ledger.Target) throws(Failure) -> JSONDocument {
        let account = target.dialect == .openAIResponses ? target.connectionID : nil
        home = account.map { StoredResponse.Home(model: "\(target.prefix)/\(target.model)", accountID: $0) }
        guard let reference = ResponsesStore.reference(of: document).previousID else { return document }
        guard let earlier else {
            // A provider that keeps responses may know more of them.
            guard target.dialect == .openAIResponses, !store.isOthers(reference, than: owner) else {
                throw .unknownPreviousResponse(reference)
            }
            return document
        }
        if let account, account == earlier.home?.accountID { return document }
        guard let whole = ResponsesStore.resolve(document, priorItems: earlier.items) else {
            throw Failure(.invalidRequest, "The conversation is too long", param: "previous_response_id")
        }
        return whole
    }

    /// Keeps the answer that the client gets, a whole response object; the provider keeps one of that id only if the
    /// object `isProviders` own.
    func keep(_ answer: [UInt8]?, isProviders: Bool, session: @autoclosure () -> String, at now: MonotonicTime) {
        guard isKept, let answer, let id = ResponsesStore.answer(in: answer)?.id else { return }
        let isKeptThere = (try? JSONDocument.parse(answer))?.root["store"]?.bool != false
        let response = StoredResponse(
            id: id,
            body: answer,
            input: items,
            sessionID: session(),
            isBackground: isBackground,
            home: isProviders && isKeptThere ? home : nil,
            keptAt: now
        )
        store.keep(response, of: owner, at: now)
    }
}

extension StoredResponse {
    /// What led to the response and what it said, as lists of items.
    fileprivate var items: [[UInt8]] { [input] + (ResponsesStore.answer(in: body).map { [$0.output] } ?? []) }
}

extension ChatRequest {
    /// Whose responses the request may refer to; those without a key of their own share.
    var responsesOwner: String { key?.id ?? "" }
}

extension Failure {
    static func unknownPreviousResponse(_ id: String) -> Failure {
        Failure(
            .invalidRequest,
            "Previous response with id '\(String(decoding: id.utf8.prefix(100), as: UTF8.self))' not found.",
            code: "previous_response_not_found",
            param: "previous_response_id"
        )
    }
}
