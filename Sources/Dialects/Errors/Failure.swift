/// One failure of a request, ready to be classified, recorded and written in any dialect.
package struct Failure: Error, Sendable, Hashable {
    /// Where the failure was noticed.
    package enum Cause: String, Sendable, Hashable {
        /// The gateway itself refuses.
        case gateway
        /// The provider answered with an error status.
        case status
        /// The provider answered 200 with an error in the body or an error event in the stream.
        case errorInAnswer
        /// The provider's answer has no text, reasoning, refusal or call.
        case emptyAnswer
        /// The provider's answer ended before it was complete.
        case cutOff
        /// The provider sent something that is not its wire format.
        case unreadable
        /// The provider's answer is larger than allowed.
        case tooLarge
    }

    package var kind: FailureKind
    /// The HTTP status: that of the kind, or the number the provider gave.
    package var status: Int
    /// One sanitised line for the client.
    package var message: String
    package var type: String?
    package var code: String?
    package var param: String?
    /// Seconds after which another try may succeed.
    package var retryAfter: Int?
    package var cause: Cause
    /// The dialect whose `type` and `code` these are; they are shown only to clients of that dialect.
    package var origin: Dialect?

    package init(
        _ kind: FailureKind,
        _ message: String,
        status: Int? = nil,
        type: String? = nil,
        code: String? = nil,
        param: String? = nil,
        retryAfter: Int? = nil,
        cause: Cause = .gateway,
        origin: Dialect? = nil
    ) {
        self.kind = kind
        self.status = status ?? kind.status
        self.message = message
        self.type = type
        self.code = code
        self.param = param
        self.retryAfter = retryAfter
        self.cause = cause
        self.origin = origin
    }
}

extension Failure {
    /// Whether the same request may succeed another time.
    package var isRetryable: Bool {
        switch kind {
        case .rateLimit, .server, .badGateway, .unavailable, .overloaded, .timeout, .requestTimeout: true
        case .invalidRequest, .contextLength, .unsupported, .contentPolicy, .notSupported, .unprocessable,
            .clientGone, .authentication, .billing, .permission, .notFound, .tooLarge:
            false
        }
    }

    /// Why a stream has ended early, in one word for programs.
    package var reason: String {
        switch cause {
        case .cutOff: "upstream_cut_off"
        case .unreadable: "upstream_unreadable"
        case .tooLarge: "answer_too_large"
        case .emptyAnswer: "empty_answer"
        case .gateway, .status, .errorInAnswer: kind.word
        }
    }
}

/// A client's request that cannot be read or cannot be expressed for its target: a 400 in the client's dialect.
package struct DialectError: Error, Sendable, Hashable, CustomStringConvertible {
    package var kind: FailureKind
    package var message: String
    package var param: String?
    package var code: String?

    package init(_ kind: FailureKind, _ message: String, param: String? = nil, code: String? = nil) {
        self.kind = kind
        self.message = message
        self.param = param
        self.code = code
    }

    /// A request that is simply wrong.
    package init(_ message: String, param: String? = nil) {
        self.init(.invalidRequest, message, param: param)
    }

    package var description: String { message }

    /// The failure to answer the client with.
    package var failure: Failure { Failure(kind, message, code: code, param: param) }
}
