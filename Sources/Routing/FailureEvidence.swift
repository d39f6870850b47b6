package import Dialects
package import HTTPCore

/// Everything known about one failed attempt.
package struct FailureEvidence: Sendable {
    package var failure: Failure
    package var headers: HTTPHeaders
    /// The provider whose rules apply; the id of the node for user-defined ones.
    package var provider: String
    /// The stream did not begin in time: says nothing about the account.
    package var isReadinessTimeout: Bool
    /// Lower-case text the rules look at: message, code and type, and the body of clear error answers.
    let text: SearchableText
    /// `text` without what may be quoted from the client's request.
    let ownText: SearchableText

    /// Evidence of one failed attempt; `body` is the beginning of the error answer, unredacted and never shown.
    package init(
        _ failure: Failure,
        provider: String,
        headers: HTTPHeaders = HTTPHeaders(),
        body: [UInt8] = [],
        isReadinessTimeout: Bool = false
    ) {
        self.failure = failure
        self.provider = provider
        self.headers = headers
        self.isReadinessTimeout = isReadinessTimeout
        let marks = "\n" + (failure.code ?? "") + "\n" + (failure.type ?? "")
        // Answers to a bad request quote it: a prompt or a parameter must not be able to look like an empty account.
        if [400, 413, 415, 422].contains(failure.status) {
            text = SearchableText(failure.message + marks)
            let unquoted = failure.message.prefix { !":'\"`“”‘’[{(".contains($0) }
            ownText = SearchableText(unquoted + marks)
        } else {
            let answer = String(decoding: body.prefix(8_192), as: UTF8.self)
            text = SearchableText(failure.message + marks + "\n" + answer)
            ownText = text
        }
    }

    package var status: Int { failure.status }

    /// Whether one of the phrases occurs.
    func mentions(_ phrases: [String], inOwnText: Bool = false) -> Bool {
        let text = inOwnText ? ownText : text
        return phrases.contains { text.contains($0) }
    }
}
