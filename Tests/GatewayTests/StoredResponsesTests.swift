import JSONCore
import Testing
import TimeCore

@testable import Gateway

/// What is kept of responses, and for whom.
struct StoredResponsesTests {
    private static let start = MonotonicTime.now()

    private func response(_ id: String, size: Int = 0, after: Duration = .zero) -> StoredResponse {
        StoredResponse(
            id: id,
            body: [UInt8](repeating: 0x20, count: size),
            input: Array("[]".utf8),
            keptAt: Self.start.advanced(by: after)
        )
    }

    @Test func `each owner finds its own`() {
        let store = StoredResponses()
        store.keep(response("r1"), of: "a", at: Self.start)
        #expect(store.response("r1", of: "a", at: Self.start)?.id == "r1")
        #expect(store.response("r1", of: "b", at: Self.start) == nil)
        #expect(store.response("r2", of: "a", at: Self.start) == nil)
        store.remove("r1", of: "b")
        #expect(store.response("r1", of: "a", at: Self.start) != nil)
        store.remove("r1", of: "a")
        #expect(store.response("r1", of: "a", at: Self.start) == nil && store.size == 0)
    }

    @Test func `the oldest of an owner goes first`() {
        let store = StoredResponses(limits: .init(perOwner: 3))
        for number in 1...5 { store.keep(response("r\(number)"), of: "a", at: Self.start) }
        store.keep(response("other"), of: "b", at: Self.start)
        let kept = (1...5).filter { store.response("r\($0)", of: "a", at: Self.start) != nil }
        #expect(kept == [3, 4, 5] && store.response("other", of: "b", at: Self.start) != nil)
    }

    @Test func `whoever holds most makes room, and nothing is larger than its share`() {
        let store = StoredResponses(limits: .init(bytes: 20_000))
        store.keep(response("small", size: 100), of: "b", at: Self.start)
        for number in 1...10 { store.keep(response("r\(number)", size: 4_000), of: "a", at: Self.start) }
        #expect(store.size <= 20_000 && store.response("small", of: "b", at: Self.start) != nil)
        #expect(store.response("r10", of: "a", at: Self.start) != nil)
        store.keep(response("giant", size: 6_000), of: "b", at: Self.start)
        #expect(store.response("giant", of: "b", at: Self.start) == nil)
    }

    @Test func `an hour is the end`() {
        let store = StoredResponses()
        store.keep(response("r1"), of: "a", at: Self.start)
        #expect(store.response("r1", of: "a", at: Self.start.advanced(by: .seconds(3_599))) != nil)
        #expect(store.response("r1", of: "a", at: Self.start.advanced(by: .seconds(3_600))) == nil)
        #expect(store.size == 0)
    }

    @Test func `an id that comes again replaces`() {
        let store = StoredResponses()
        store.keep(response("r1", size: 10), of: "a", at: Self.start)
        store.keep(response("r1", size: 20), of: "a", at: Self.start)
        #expect(store.response("r1", of: "a", at: Self.start)?.body.count == 20)
        store.remove("r1", of: "a")
        #expect(store.size == 0)
    }

    @Test(arguments: [
        ("https://a.test/v1/responses", "/r_1/cancel", "https://a.test/v1/responses/r_1/cancel"),
        ("https://a.test/r?api-version=1", "/r1", "https://a.test/r/r1?api-version=1"),
        ("https://a.test/r", "/../keys", nil), ("https://a.test/r", "/r?x=1", nil), ("https://a.test/r", "/r%2F", nil),
    ])
    func `an id cannot lead to another address`(url: String, path: String, expected: String?) {
        #expect(ResponsesAddress.below(url, path) == expected)
    }

    @Test func `it is known whether others have anything`() {
        let store = StoredResponses()
        store.keep(response("r1"), of: "a", at: Self.start)
        #expect(store.hasOthers(than: "b") && !store.hasOthers(than: "a"))
        store.remove("r1", of: "a")
        #expect(!store.hasOthers(than: "b"))
    }

    @Test func `what a provider shows later takes the place of what it said first`() {
        let store = StoredResponses()
        store.keep(response("r1", size: 10), of: "a", at: Self.start)
        store.update(response("r1", size: 30, after: .seconds(9)), of: "a")
        store.update(response("r2", size: 30), of: "a")
        #expect(store.response("r1", of: "a", at: Self.start)?.body.count == 30)
        #expect(store.response("r2", of: "a", at: Self.start) == nil)
        store.remove("r1", of: "a")
        #expect(store.size == 0)
    }
}
