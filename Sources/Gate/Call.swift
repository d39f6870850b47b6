package import Dialects
package import HTTPCore
package import HTTPServer
package import Store

/// One request that passed the gate, with everything a handler needs to know about it.
///
/// Begin an answer through `respond` or `startStream` of the call, which add the headers that every answer carries;
/// go on with `exchange.write`, `exchange.waitUntilWritable` and `exchange.finish`.
package final class Call: Sendable {
    package let request: Request
    package let exchange: Exchange
    /// The values of the pattern's `{names}`, decoded.
    package let parameters: [String: String]
    package let principal: Principal
    /// Whether the request may see and do what management routes allow; open routes show more then.
    package let canManage: Bool
    package let source: Source
    /// The id that the client sees: its own `x-request-id`, or one of ours.
    package let requestID: String
    /// An id that no other request has, whatever the client sent; what records are keyed by.
    package let recordID: String
    /// The one configuration that the request sees from beginning to end.
    package let configuration: Configuration
    /// In whose language errors are reported.
    package let errors: ErrorStyle
    /// What every answer to this request carries.
    package let headers: [HTTPHeaders.Field]

    init(
        _ request: Request,
        _ exchange: Exchange,
        _ passage: Passage,
        _ verdict: Verdict,
        requestID: String,
        recordID: String,
        configuration: Configuration,
        headers: [HTTPHeaders.Field]
    ) {
        (self.request, self.exchange, self.configuration) = (request, exchange, configuration)
        (parameters, principal, canManage) = (passage.parameters, passage.principal, passage.canManage)
        (source, errors) = (verdict.source, verdict.errors)
        (self.requestID, self.recordID, self.headers) = (requestID, recordID, headers)
    }

    /// Answers as a whole.
    package func respond(_ response: Response) {
        exchange.respond(response, and: headers)
    }

    /// Begins an answer that is written piece by piece.
    package func startStream(_ status: HTTPStatus, _ headers: HTTPHeaders) {
        exchange.startStream(status, headers, and: self.headers)
    }

    /// Refuses in the client's language.
    package func refuse(_ refusal: Refusal) {
        respond(refusal.response(errors, requestID: requestID))
    }

    /// Refuses with a failure of the model API.
    package func refuse(_ failure: Failure) {
        guard case .dialect(let dialect) = errors else {
            var refusal = Refusal(HTTPStatus(rawValue: failure.status), failure.message)
            if let seconds = failure.retryAfter { refusal = refusal.retry(after: seconds) }
            return refuse(refusal)
        }
        let rendered = ErrorBody.render(failure, dialect: dialect, requestID: requestID)
        var response = Response.json(rendered.body, status: HTTPStatus(rawValue: rendered.status))
        if let seconds = failure.retryAfter { response.headers.add("Retry-After", String(seconds)) }
        respond(response)
    }

    /// The whole body.
    package func bodyBytes() throws -> [UInt8] {
        switch request.body {
        case .empty: []
        case .memory(let bytes): bytes
        case .file: try request.body.bytes(limit: .max)
        }
    }

    /// The value of a path parameter; empty if the pattern has none of that name.
    package subscript(parameter name: String) -> String { parameters[name] ?? "" }
}
