package import HTTPCore
package import JSONCore

/// Reads what providers say when something went wrong.
package enum UpstreamError {
    /// Reads an answer with an error status, in any of the forms that servers use.
    package static func read(status: Int, headers: HTTPHeaders, body: [UInt8], dialect: Dialect? = nil) -> Failure {
        let said = statement(in: body)
        var failure = Failure(FailureKind(status: status), "", status: status, cause: .status, origin: dialect)
        failure.message = said.message.map(MessageSanitiser.clean) ?? ""
        if failure.message.isEmpty { failure.message = "the provider answered with status \(status)" }
        failure.type = said.type
        failure.code = said.code
        failure.param = said.param
        failure.retryAfter = retryAfter(headers) ?? said.retryAfter
        if said.reason == "API_KEY_INVALID" { failure.become(.authentication) }
        refine(&failure, text: said.message ?? "")
        return failure
    }

    /// The failure in the body of an answer with status 200: nil unless the body is an error and nothing else.
    package static func inBody(_ body: JSONValue, dialect: Dialect) -> Failure? {
        guard body.isObject else { return nil }
        let contentKeys: [StaticString] = ["choices", "content", "candidates", "output"]
        guard !contentKeys.contains(where: { body[$0] != nil }) else { return nil }
        if let error = body.present("error") { return inAnswer(error, of: body, dialect: dialect) }
        let isError = body["type"]?.equals("error") == true || body["success"]?.bool == false
        guard isError || body.present("errors") != nil || body.present("detail") != nil else { return nil }
        return inAnswer(body, of: body, dialect: dialect)
    }

    /// The error that a frame of a stream tells of, or that it is as its event's name or its type says.
    static func object(in frame: JSONValue, name: String?) -> JSONValue? {
        if let error = frame.present("error") { return error }
        let isError = name == "error" || frame["object"]?.equals("error") == true
        return isError && frame["choices"] == nil && frame["candidates"] == nil ? frame : nil
    }

    /// The failure that an error object inside an answer stands for.
    static func inAnswer(_ error: JSONValue, of frame: JSONValue, dialect: Dialect) -> Failure {
        let said = statement(in: error) ?? ErrorStatement()
        let status =
            statusNumber(error) ?? statusNumber(frame) ?? status(ofWords: [said.type, said.code])
            ?? (saysRateLimit(said.message ?? "") ? 429 : 502)
        var failure = Failure(FailureKind(status: status), "", status: status, cause: .errorInAnswer, origin: dialect)
        failure.message = said.message.map(MessageSanitiser.clean) ?? ""
        if failure.message.isEmpty { failure.message = "the provider reported an error without saying which" }
        failure.type = said.type
        failure.code = said.code
        failure.param = said.param
        failure.retryAfter = said.retryAfter
        refine(&failure, text: said.message ?? "")
        return failure
    }

    // MARK: - Forms

    private struct ErrorStatement {
        var message: String?
        var type: String?
        var code: String?
        var param: String?
        /// Seconds after which another try may succeed.
        var retryAfter: Int?
        /// What Google's `ErrorInfo` says.
        var reason: String?
    }

    private static func statement(in body: [UInt8]) -> ErrorStatement {
        if let document = try? JSONDocument.parse(mending: body), let said = statement(in: document.root) {
            return said
        }
        let text = String(decoding: body.prefix(65_536), as: UTF8.self)
        // An event stream on an error status: the first object in it counts.
        if let line = text.split(whereSeparator: \.isNewline).first(where: { $0.hasPrefix("data:") }),
            let document = try? JSONDocument.parse(text: String(line.dropFirst(5))),
            let said = statement(in: document.root)
        {
            return said
        }
        let start = text.drop(while: \.isWhitespace)
        guard start.hasPrefix("<") else { return ErrorStatement(message: start.isEmpty ? nil : String(start)) }
        guard let open = start.firstRange(of: "<title>"), let close = start.firstRange(of: "</title>"),
            open.upperBound <= close.lowerBound
        else { return ErrorStatement() }
        return ErrorStatement(message: String(start[open.upperBound..<close.lowerBound]))
    }

    private static func statement(in json: JSONValue) -> ErrorStatement? {
        if let text = json.string { return unwrapped(text) ?? ErrorStatement(message: text) }
        if json.isArray { return json.first.flatMap(statement(in:)) }
        guard json.isObject else { return nil }
        if let inner = json.present("error") {
            var said = statement(in: inner) ?? ErrorStatement()
            said.message = said.message ?? json["message"]?.string
            return said
        }
        if let list = json.present("errors"), let said = statement(in: list) { return said }
        var said = ErrorStatement()
        said.type = json["type"]?.string
        said.code =
            json["code"]?.string ?? json["err_code"]?.string ?? json["details"]?["error_code"]?.string
            ?? json["status"]?.string
        said.param = json["param"]?.string
        said.retryAfter = retryDelay(in: json["details"])
        said.reason = json["details"]?.elements.lazy.compactMap { $0["reason"]?.string }.first
        let keys: [StaticString] = ["message", "msg", "err_msg", "error_message", "error_description", "reason"]
        for key in keys where said.message == nil { said.message = json[key]?.string }
        if said.message == nil, let detail = json.present("detail") { said.message = text(ofDetail: detail) }
        if let text = said.message, let inner = unwrapped(text) {
            said.message = inner.message ?? said.message
            said.type = inner.type ?? said.type
            said.code = inner.code ?? said.code
        }
        return said
    }

    /// Some servers put the JSON of another server's error into their message.
    private static func unwrapped(_ text: String) -> ErrorStatement? {
        guard let start = text.firstIndex(of: "{"), text[start...].hasSuffix("}"),
            let document = try? JSONDocument.parse(text: String(text[start...])), document.root.isObject
        else { return nil }
        let json = document.root.present("error") ?? document.root
        if let message = json.string { return ErrorStatement(message: message) }
        guard let message = json["message"]?.string else { return nil }
        return ErrorStatement(message: message, type: json["type"]?.string, code: json["code"]?.string)
    }

    /// FastAPI's `detail`: text, or a list of complaints about places in the body.
    private static func text(ofDetail detail: JSONValue) -> String? {
        if let text = detail.string { return text }
        guard let first = detail.first ?? (detail.isObject ? detail : nil) else { return nil }
        let message = first["msg"]?.string ?? first["message"]?.string
        let place = first["loc"]?.elements.compactMap(\.wireText).joined(separator: ".") ?? ""
        return message.map { place.isEmpty ? $0 : "\(place): \($0)" }
    }

    // MARK: - Meaning

    private static func statusNumber(_ json: JSONValue) -> Int? {
        for key in ["status_code", "status", "code"] as [StaticString] {
            guard let value = json[key] else { continue }
            if let number = value.int ?? value.string.flatMap({ Int($0) }), (400...599).contains(number) {
                return number
            }
        }
        return nil
    }

    /// What the type and the code of an error stand for: the more special of them counts.
    private static func status(ofWords words: [String?]) -> Int? {
        let known = words.compactMap { $0.flatMap(status(ofWord:)) }
        return known.first { $0 != 400 && $0 != 500 } ?? known.first
    }

    private static func status(ofWord word: String) -> Int? {
        let word = word.lowercased()
        return switch word {
        case "overloaded_error", "overloaded", "server_is_overloaded": 529
        case "rate_limit_error", "rate_limit_exceeded", "rate_limited", "too_many_requests", "resource_exhausted": 429
        case "failed_precondition", "out_of_range", "invalid_prompt": 400
        case "insufficient_quota", "billing_error", "payment_required": 402
        case "authentication_error", "invalid_api_key", "invalid_authentication", "unauthorized", "unauthenticated":
            401
        case "permission_error", "permission_denied", "forbidden": 403
        case "not_found_error", "not_found", "model_not_found": 404
        case "model_not_supported": 406
        case "request_too_large": 413
        case "invalid_request_error", "invalid_argument", "bad_request", "context_length_exceeded",
            "content_policy_violation":
            400
        case "timeout_error", "deadline_exceeded", "gateway_timeout": 504
        case "bad_gateway": 502
        case "unavailable", "service_unavailable": 503
        case "api_error", "server_error", "internal_error", "internal_server_error", "internal", "data_loss", "unknown":
            500
        // OpenAI's many words for parameters and pictures that it does not take.
        case _ where word.hasPrefix("invalid_") || word.hasPrefix("image_") || word.hasPrefix("unsupported_"): 400
        default: nil
        }
    }

    private static func refine(_ failure: inout Failure, text: String) {
        let text = text.lowercased()
        let words = [failure.code?.lowercased(), failure.type?.lowercased()]
        guard failure.kind == .invalidRequest || failure.kind == .tooLarge || failure.kind == .unprocessable else {
            return
        }
        if words.contains("context_length_exceeded") || contextPhrases.contains(where: text.contains) {
            failure.kind = .contextLength
        } else if words.contains("failed_precondition"), accountPhrases.contains(where: text.contains) {
            failure.become(.permission)
        } else if words.contains("content_policy_violation") || words.contains("content_filter") {
            failure.kind = .contentPolicy
        } else if failure.status == 400, words.contains("rate_limit_error") || saysRateLimit(text) {
            failure.become(.rateLimit)
        } else if words.contains(where: { $0?.hasPrefix("unsupported_") == true })
            || unsupportedPhrases.contains(where: text.contains)
        {
            failure.kind = .unsupported
        }
    }

    private static let contextPhrases = [
        "prompt is too long", "maximum context length", "context length exceeded", "context_length_exceeded",
        "exceeds the context window", "context window exceeded", "input is too long", "too many tokens",
        "exceed context limit", "exceeds the context length", "exceeds the maximum number of tokens",
    ]

    /// What Google refuses a key for with a 400.
    private static let accountPhrases = ["user location is not supported", "billing"]

    /// What Ollama says of models that lack something.
    private static let unsupportedPhrases = [
        "does not support tools", "does not support thinking", "does not support images", "does not support vision",
    ]

    private static func saysRateLimit(_ text: String) -> Bool {
        let text = text.lowercased()
        return ["rate limit", "rate_limit", "ratelimit", "too many requests"].contains(where: text.contains)
    }

    /// Google's `RetryInfo`: `"retryDelay": "17.5s"`.
    private static func retryDelay(in details: JSONValue?) -> Int? {
        let delays = details?.elements.lazy.compactMap { $0["retryDelay"]?.string }
        guard let text = delays?.first(where: { _ in true }), text.hasSuffix("s"),
            let seconds = Double(text.dropLast()), seconds >= 0, seconds < 1e9
        else { return nil }
        return Int(seconds.rounded(.up))
    }

    private static func retryAfter(_ headers: HTTPHeaders) -> Int? {
        if let text = headers["retry-after-ms"], let milliseconds = Double(text), milliseconds >= 0, milliseconds < 1e12
        {
            return Int((milliseconds / 1000).rounded(.up))
        }
        guard let text = headers["retry-after"], let seconds = Double(text), seconds >= 0, seconds < 1e9 else {
            return nil
        }
        return Int(seconds.rounded(.up))
    }
}

extension Failure {
    /// Takes another kind, with its status: the provider's own does not say what it means.
    fileprivate mutating func become(_ kind: FailureKind) {
        self.kind = kind
        status = kind.status
    }

    /// The provider's answer stopped before it was complete.
    static let endedEarly = Failure(.badGateway, "upstream closed the stream early", cause: .cutOff)
    static let empty = Failure(.badGateway, "Provider returned empty content", cause: .emptyAnswer)
    static let unreadable = Failure(.badGateway, "Invalid response from provider", cause: .unreadable)
    static let answerTooLarge = Failure(
        .badGateway,
        "the provider's answer is larger than this gateway accepts",
        cause: .tooLarge
    )
}
