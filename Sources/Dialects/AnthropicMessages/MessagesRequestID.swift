/// The identifier of a request as Anthropic's API shows it: in the header `request-id` and in error bodies.
package enum MessagesRequestID {
    /// The field's name.
    package static let header = "request-id"

    /// `req_` and the characters of our own identifier.
    package static func text(_ id: String) -> String {
        id.hasPrefix("req_") ? id : "req_" + id.filter { $0 != "-" }
    }
}
