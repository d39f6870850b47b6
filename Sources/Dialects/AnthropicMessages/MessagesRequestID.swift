/// The identifier of a request as Anthropic's API shows it: in the header `request-id` and in error bodies.
package enum MessagesRequestID {
    /// The field's name.
    package static let header = "request-id"

    /// `req_` and the characters of our own identifier.
    package static func text(_ id: String) -> String {
        if id.utf8.starts(with: "req_".utf8) { return id }
        var text = "req_"
        text.reserveCapacity(4 + id.utf8.count)
        for scalar in id.unicodeScalars where scalar != "-" { text.unicodeScalars.append(scalar) }
        return text
    }
}
