package import HTTPClient
package import HTTPCore

/// Where the bytes of one upstream answer come from; its head has arrived already.
package protocol AnswerSource: AnyObject {
    /// The upstream's status.
    var status: HTTPStatus { get }
    /// The upstream's header fields.
    var headers: HTTPHeaders { get }

    /// The first value of a field, given in lower case, without building the others.
    func header(_ name: StaticString) -> String?

    /// Whether only the end of the connection ends the body, so that a cut body looks like a finished one.
    var isDelimitedByClose: Bool { get }

    /// What has arrived since the last call; waits for something; nil at the proper end of the body.
    func read() async throws(TransferError) -> [UInt8]?

    /// Ends the transfer at once; what is read afterwards fails.
    func cancel()
}

extension AnswerSource {
    /// The beginning of the body, at most `limit` bytes, as far as it arrives: for error bodies, of which any part is of use.
    func beginning(limit: Int) async -> [UInt8] {
        var body: [UInt8] = []
        while body.count < limit, let chunk = try? await read() { body.append(contentsOf: chunk) }
        if body.count > limit { body.removeLast(body.count - limit) }
        return body
    }
}

extension ClientResponse: AnswerSource {}

/// An answer made on this machine, in the wire format of an upstream.
final class LocalSource: AnswerSource {
    let status: HTTPStatus
    let headers: HTTPHeaders
    private var pieces: ArraySlice<[UInt8]>

    init(status: HTTPStatus, contentType: String, pieces: [[UInt8]]) {
        self.status = status
        headers = HTTPHeaders([("content-type", contentType)])
        self.pieces = pieces[...]
    }

    var isDelimitedByClose: Bool { false }

    func header(_ name: StaticString) -> String? {
        headers["\(name)"]
    }

    func read() async throws(TransferError) -> [UInt8]? {
        pieces.popFirst()
    }

    func cancel() {
        pieces = []
    }
}
