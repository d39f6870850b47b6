import Gate
import HTTPCore
import HTTPServer

/// The part of a list that a request asks for.
struct Page {
    let limit: Int
    let offset: Int

    /// Reads `limit` and `offset`; what is out of range is brought into it.
    init(_ call: Call, standard: Int, maximum: Int) throws(Refusal) {
        limit = min(max(try Page.number("limit", call) ?? standard, 1), maximum)
        offset = max(try Page.number("offset", call) ?? 0, 0)
    }

    private static func number(_ name: String, _ call: Call) throws(Refusal) -> Int? {
        guard let text = call.request.head.target.queryValue(name), !text.isEmpty else { return nil }
        guard let number = Int(text) else { throw Issues.refusal(name, "Expected a whole number") }
        return number
    }
}
