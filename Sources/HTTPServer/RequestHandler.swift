public import HTTPCore

/// Whether a request may send its body.
public enum Admission: Sendable {
    /// Up to so many bytes; more is refused with 413. The note comes back with the request, as `Request.note`.
    case accept(bodyLimit: Int, note: (any AnyObject & Sendable)? = nil)
    /// No; this is the answer.
    case refuse(Response)
}

/// What answers the requests of a server.
///
/// All calls come on the server's loop.
public protocol RequestHandler: AnyObject, Sendable {
    /// Decides on the head alone, before any byte of the body is read.
    ///
    /// Heads that are malformed or above a limit never get here.
    func admit(_ head: RequestHead) -> Admission

    /// Answers one request, in a task of its own that prefers the loop; must finish the exchange before it returns, or hand
    /// the rest over.
    ///
    /// The task is cancelled when the client leaves.
    func handle(_ request: Request, _ exchange: Exchange) async

    /// The work on a request that was handled is over, what was handed over included.
    func requestEnded()

    /// The answer to a request that the server itself refuses: 400, 408, 413, 414, 417, 431, 500, 501, 505, 507.
    ///
    /// - Parameters:
    ///   - status: the outcome.
    ///   - reason: one sentence for the client's developer.
    ///   - head: the request's head if it was understood.
    /// - Returns: the answer, in the shape that the client understands.
    func refusal(_ status: HTTPStatus, _ reason: String, head: RequestHead?) -> Response
}

extension RequestHandler {
    /// Does nothing.
    public func requestEnded() {}
}
