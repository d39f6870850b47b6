import Dialects
import Synchronization
import TimeCore

/// What was answered to Responses clients, so that later requests can refer to it: `previous_response_id`, and the routes
/// that show, cancel and delete a response.
///
/// Kept in memory and for a while only: OpenAI keeps responses itself, others have no such thing. Each key sees its own.
package final class StoredResponses: Sendable {
    struct Limits: Sendable {
        var perOwner = 256
        var bytes = 64 << 20
        var lifetime = Duration.seconds(3_600)
    }

    private struct Owned {
        var entries: [String: StoredResponse] = [:]
        /// Ids in the order in which they came.
        var order: [String] = []
        var size = 0
    }

    private struct State {
        var owners: [String: Owned] = [:]
        var size = 0
        /// Accounts whose provider keeps no responses, although it does not say so beforehand.
        var forgetful: Set<String> = []
    }

    private let limits: Limits
    private let state = Mutex(State())

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Keeps a response; one that is too large for its share of the memory is not kept.
    func keep(_ response: StoredResponse, of owner: String, at now: MonotonicTime) {
        guard response.size <= limits.bytes / 4 else { return }
        state.withLock { state in
            dropOld(of: owner, at: now, from: &state)
            remove(response.id, of: owner, from: &state)
            var owned = state.owners[owner] ?? Owned()
            owned.entries[response.id] = response
            owned.order.append(response.id)
            owned.size += response.size
            state.owners[owner] = owned
            state.size += response.size
            if owned.order.count > limits.perOwner { remove(owned.order[0], of: owner, from: &state) }
            while state.size > limits.bytes, let largest = state.owners.max(by: { $0.value.size < $1.value.size }),
                let oldest = largest.value.order.first
            {
                remove(oldest, of: largest.key, from: &state)
            }
        }
    }

    /// The response of an id, if that owner has it and it is not too old.
    func response(_ id: String, of owner: String, at now: MonotonicTime) -> StoredResponse? {
        state.withLock { state in
            dropOld(of: owner, at: now, from: &state)
            return state.owners[owner]?.entries[id]
        }
    }

    /// Replaces what is known of a response that its provider has gone on making; its time does not begin anew.
    func update(_ response: StoredResponse, of owner: String) {
        guard response.size <= limits.bytes / 4 else { return }
        state.withLock { state in
            guard let old = state.owners[owner]?.entries[response.id] else { return }
            state.owners[owner]?.entries[response.id] = response
            state.owners[owner]?.size += response.size - old.size
            state.size += response.size - old.size
        }
    }

    /// Whether anything is kept for another owner: an account of a provider may serve both.
    func hasOthers(than owner: String) -> Bool {
        state.withLock { $0.owners.keys.contains { $0 != owner } }
    }

    /// An item of a response that is kept.
    struct Item: Sendable {
        let json: [UInt8]
        /// The account that keeps the item too.
        let accountID: String?
    }

    /// Those of some items that an owner has, by their identifiers.
    func items(_ ids: Set<String>, of owner: String, at now: MonotonicTime) -> [String: Item] {
        guard !ids.isEmpty else { return [:] }
        let responses = state.withLock { state in
            dropOld(of: owner, at: now, from: &state)
            return state.owners[owner].map { owned in owned.order.reversed().compactMap { owned.entries[$0] } } ?? []
        }
        var found: [String: Item] = [:]
        // The newest first: its input has the items of those before it.
        for response in responses where found.count < ids.count {
            for list in [ResponsesStore.answer(in: response.body)?.output, response.input] {
                guard let list else { continue }
                let items = ResponsesStore.items(ids, in: list)
                let account = response.home?.accountID
                found.merge(items.mapValues { Item(json: $0, accountID: account) }) { known, _ in known }
            }
        }
        return found
    }

    /// Takes note that an account does not know the responses that it gave.
    func noteForgetful(_ account: String) { _ = state.withLock { $0.forgetful.insert(account) } }

    func isForgetful(_ account: String) -> Bool { state.withLock { $0.forgetful.contains(account) } }

    /// Forgets a response.
    func remove(_ id: String, of owner: String) {
        state.withLock { remove(id, of: owner, from: &$0) }
    }

    /// Bytes that are held.
    var size: Int { state.withLock { $0.size } }

    private func dropOld(of owner: String, at now: MonotonicTime, from state: inout State) {
        while let owned = state.owners[owner], let id = owned.order.first, let oldest = owned.entries[id],
            now - oldest.keptAt >= limits.lifetime
        {
            remove(id, of: owner, from: &state)
        }
    }

    private func remove(_ id: String, of owner: String, from state: inout State) {
        guard let gone = state.owners[owner]?.entries.removeValue(forKey: id) else { return }
        state.owners[owner]?.order.removeAll { $0 == id }
        state.owners[owner]?.size -= gone.size
        state.size -= gone.size
        if state.owners[owner]?.order.isEmpty == true { state.owners[owner] = nil }
    }
}

/// One answer and what it answers.
package final class StoredResponse: Sendable {
    /// Where the provider keeps the response too.
    package struct Home: Sendable, Equatable {
        /// The model as the client named it.
        var model: String
        var accountID: String
    }

    package let id: String
    /// The response object, JSON.
    package let body: [UInt8]
    /// All items that led to it, those of earlier responses among them: a JSON array.
    package let input: [UInt8]
    /// Of the request that was answered.
    let sessionID: String
    /// Whether the client asked for an answer in the background.
    let isBackground: Bool
    /// Whether `input` and `body` are all of the conversation: neither did it begin elsewhere nor is the answer still made.
    var isWhole: Bool { !isPartial && !isPending }
    /// Whether the conversation began where only the provider knows it.
    private let isPartial: Bool
    private let isPending: Bool
    /// The provider that speaks the dialect itself, if one answered.
    let home: Home?
    let keptAt: MonotonicTime

    init(
        id: String,
        body: [UInt8],
        input: [UInt8],
        sessionID: String = "",
        isBackground: Bool = false,
        isPartial: Bool = false,
        isPending: Bool = false,
        home: Home? = nil,
        keptAt: MonotonicTime
    ) {
        (self.id, self.body, self.input, self.isBackground) = (id, body, input, isBackground)
        (self.sessionID, self.home, self.keptAt) = (sessionID, home, keptAt)
        (self.isPartial, self.isPending) = (isPartial, isPending)
    }

    /// The same response as its provider shows it now.
    func with(body: [UInt8]) -> StoredResponse {
        StoredResponse(
            id: id,
            body: body,
            input: input,
            sessionID: sessionID,
            isBackground: isBackground,
            isPartial: isPartial,
            isPending: ResponsesStore.answer(in: body)?.isPending ?? true,
            home: home,
            keptAt: keptAt
        )
    }

    var size: Int { body.count + input.count + 512 }
}
