/// The identifier of a request as Anthropic's API shows it: in the header `request-id` and in error bodies.
package enum MessagesRequestID {
    /// The field's name.
    package static let header = "request-id"

    /// `req_` and the characters of our own identifier.
    package static func text(_ id: String) -> String {
        if id.utf8.starts(with: "req_".utf8) { return id }
        return String(decoding: Array("req_".utf8) + id.utf8.filter { $0 != UInt8(ascii: "-") }, as: UTF8.self)
    }
}
