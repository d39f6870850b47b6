import Dialects
import HTTPCore
import JSONCore
import Store
import TimeCore

/// What one request of a Responses client has to do with responses that are kept: the earlier one that it goes on from, the
/// items that it names, and its own that later requests may go on from.
///
/// Lives as long as the answer, so it holds the items of the input and not the request.
final class ResponsesState {
    private let store: StoredResponses
    private let owner: String
    private let named: ResponsesStore.Reference
    private let earlier: StoredResponse?
    /// Remembers whose responses are, and which account keeps them, for longer than they are kept here.
    private let memory: ReasoningKeeper?
    /// The account that keeps the earlier response, if it is the owner's but not kept here any more.
    private let keeper: String?
    /// The items that the request names and that are kept.
    private let referred: [String: StoredResponses.Item]
    /// Whether something unknown here can only be the client's own.
    private let mayNameUnknown: Bool
    private let isBackground: Bool
    /// The items that lead to the answer, those of earlier responses among them: a JSON array.
    private let items: [UInt8]
    /// Where the provider keeps the answer itself.
    private var home: StoredResponse.Home?
    /// Whether the target was left to know more of the conversation than `items`.
    private var isPartial = false
    /// Whether thinking of earlier answers stays behind at the account that keeps them.
    private(set) var leavesOutReasoning = false

    /// Nil for requests that neither refer to anything that is kept nor are kept.
    init?(_ request: ChatRequest, _ document: JSONDocument, gateway: Gateway) {
        let named = ResponsesStore.reference(of: document)
        guard named.stores || named.previousID != nil || !named.itemIDs.isEmpty else { return nil }
        let (store, owner, now) = (gateway.storedResponses, request.responsesOwner, gateway.time.monotonic())
        let memory = gateway.reasoning?.memory(of: request)
        let earlier = named.previousID.flatMap { store.response($0, of: owner, at: now) }
        let key = earlier == nil ? named.previousID.map { ReasoningKey(owner: owner, response: $0) } : nil
        keeper = key.flatMap { memory?.recall($0) }.map { String(decoding: $0.bytes, as: UTF8.self) }
        let referred = store.items(Set(named.itemIDs), of: owner, at: now)
        mayNameUnknown = request.configuration.keys.count <= 1 && !store.hasOthers(than: owner)
        isBackground = document.root["background"]?.bool == true
        let complete = ResponsesStore.resolve(document, references: referred.mapValues(\.json)) ?? document
        let whole = earlier.flatMap { ResponsesStore.resolve(complete, priorItems: $0.items) }
        items = ResponsesStore.inputItems(of: whole ?? complete)
        (self.store, self.owner, self.memory) = (store, owner, memory)
        (self.named, self.earlier, self.referred) = (named, earlier, referred)
    }

    /// The earlier response that the client named.
    var reference: String? { named.previousID }

    /// Whether the answer is kept.
    var isKept: Bool { named.stores }

    /// The session of the request that the earlier response answered.
    var earlierSession: String? { earlier?.sessionID }

    // MARK: - Requests

    /// The request for one target: with the items that it refers to, unless the target keeps them itself.
    func document(for document: JSONDocument, _ target: Ledger.Target) throws(Failure) -> JSONDocument {
        let account = target.dialect == .openAIResponses ? target.connectionID : nil
        home = account.map { StoredResponse.Home(model: "\(target.prefix)/\(target.model)", accountID: $0) }
        (isPartial, leavesOutReasoning) = (named.hasConversation && target.dialect == .openAIResponses, false)
        let document = try resolvingItems(of: document, target)
        guard let id = named.previousID else { return document }
        guard let earlier else {
            // A provider that keeps responses may know more of them.
            guard target.dialect == .openAIResponses, keeper.map({ $0 == account }) ?? mayNameUnknown else {
                throw .unknownPreviousResponse(id)
            }
            isPartial = true
            return document
        }
        // Only the account itself can go on from what it alone knows.
        if let account, account == earlier.home?.accountID, !store.isForgetful(account) || !earlier.isWhole {
            isPartial = isPartial || !earlier.isWhole
            return document
        }
        return try withEarlierItems(document, earlier, for: target.dialect)
    }

    /// The request with the earlier items, for a provider that does not know the response that it gave itself.
    ///
    /// It keeps none, and is not asked to know any from now on. Nil if it refuses the request for another reason.
    func document(for document: JSONDocument, _ target: Ledger.Target, refused failure: Failure) -> JSONDocument? {
        guard let earlier, earlier.isWhole, let account = target.connectionID, account == earlier.home?.accountID,
            !store.isForgetful(account), failure.speaksOfPreviousResponse
        else { return nil }
        store.noteForgetful(account)
        return try? withEarlierItems(document, earlier, for: target.dialect)
    }

    /// The request with everything that it refers to and that is known here.
    func whole(_ document: JSONDocument) -> JSONDocument {
        let complete = ResponsesStore.resolve(document, references: referred.mapValues(\.json)) ?? document
        return earlier.flatMap { ResponsesStore.resolve(complete, priorItems: $0.items) } ?? complete
    }

    /// Refuses a request that refers to what may be another client's, whatever its target.
    func checkReferences() throws(Failure) {
        guard !mayNameUnknown else { return }
        if let id = named.previousID, earlier == nil, keeper == nil { throw .unknownPreviousResponse(id) }
        if let id = named.itemIDs.first(where: { referred[$0] == nil }) { throw .unknownItem(id) }
    }

    private func resolvingItems(
        of document: JSONDocument,
        _ target: Ledger.Target
    ) throws(Failure) -> JSONDocument {
        guard !named.itemIDs.isEmpty else { return document }
        // Of other requests the reference is left out, and that is told.
        let asksTarget = target.dialect == .openAIResponses && named.stores
        if asksTarget, let unknown = named.itemIDs.first(where: { referred[$0] == nil }) {
            guard mayNameUnknown else { throw .unknownItem(unknown) }
            isPartial = true
        }
        let missing = referred.filter { _, item in
            guard asksTarget, let account = target.connectionID, account == item.accountID else { return true }
            return store.isForgetful(account)
        }
        guard !missing.isEmpty else { return document }
        let items = missing.mapValues { item in
            guard target.dialect == .openAIResponses else { return item.json }
            let other = ResponsesStore.itemForOthers(item.json)
            leavesOutReasoning = leavesOutReasoning || other.isEmpty
            return other
        }
        return ResponsesStore.resolve(document, references: items) ?? document
    }

    private func withEarlierItems(
        _ document: JSONDocument,
        _ earlier: StoredResponse,
        for dialect: Dialect
    ) throws(Failure) -> JSONDocument {
        guard earlier.isWhole else { throw .unknownPreviousResponse(earlier.id) }
        let all = earlier.items
        var lists = all
        if dialect == .openAIResponses {
            let others = all.compactMap(ResponsesStore.itemsForOthers)
            leavesOutReasoning = leavesOutReasoning || others.contains { $0.leavesOutReasoning }
            lists = others.map { $0.items }
        }
        guard lists.count == all.count, let whole = ResponsesStore.resolve(document, priorItems: lists) else {
            throw Failure(.invalidRequest, "The conversation is too long", param: "previous_response_id")
        }
        return whole
    }

    // MARK: - Answers

    /// Keeps the answer that the client gets, a whole response object; the provider keeps one of that id only if the
    /// object `isProviders` own.
    func keep(_ body: [UInt8]?, isProviders: Bool, session: @autoclosure () -> String, at now: MonotonicTime) {
        guard isKept, let body, let answer = ResponsesStore.answer(in: body) else { return }
        let response = StoredResponse(
            id: answer.id,
            body: body,
            input: items,
            sessionID: session(),
            isBackground: isBackground,
            isPartial: isPartial,
            isPending: answer.isPending,
            home: isProviders && answer.isKept ? home : nil,
            keptAt: now
        )
        store.keep(response, of: owner, at: now)
        guard let account = response.home?.accountID else { return }
        let remembered = RememberedReasoning(bytes: Array(account.utf8))
        memory?.remember(remembered, for: [ReasoningKey(owner: owner, response: answer.id)])
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
    /// An earlier response that is not known, that may be another client's, or from which this target cannot go on.
    static func unknownPreviousResponse(_ id: String) -> Failure {
        Failure(
            .invalidRequest,
            "Previous response with id '\(String(decoding: id.utf8.prefix(100), as: UTF8.self))' not found.",
            code: "previous_response_not_found",
            param: "previous_response_id"
        )
    }

    /// An item that is not known, or may be another client's.
    fileprivate static func unknownItem(_ id: String) -> Failure {
        Failure(
            .invalidRequest,
            "Item with id '\(String(decoding: id.utf8.prefix(100), as: UTF8.self))' not found.",
            code: "item_not_found",
            param: "input"
        )
    }

    /// Whether a provider says that it does not know the response to go on from, or knows no such thing at all.
    fileprivate var speaksOfPreviousResponse: Bool {
        guard cause == .status, [400, 404, 422].contains(status) else { return false }
        if code == "previous_response_not_found" || param == "previous_response_id" { return true }
        let said = message.lowercased()
        return ["previous_response_id", "previous response", "response with id"].contains(where: said.contains)
    }
}
