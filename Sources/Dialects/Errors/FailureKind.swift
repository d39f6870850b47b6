/// What went wrong, in terms that every dialect can spell.
package enum FailureKind: String, Sendable, Hashable, CaseIterable {
    case invalidRequest
    case contextLength
    /// A parameter or a kind of content that the target cannot take.
    case unsupported
    case contentPolicy
    case authentication
    case billing
    case permission
    case notFound
    case notSupported
    case requestTimeout
    case tooLarge
    case unprocessable
    case rateLimit
    case clientGone
    case server
    case badGateway
    case unavailable
    /// The provider says that it has too much to do (its 529).
    case overloaded
    case timeout
}

extension FailureKind {
    /// The kind as a word of programs: `rate_limit`.
    var word: String {
        rawValue.reduce(into: "") { word, letter in
            word += letter.isUppercase ? "_" + letter.lowercased() : String(letter)
        }
    }

    /// The kind that a bare HTTP status stands for.
    package init(status: Int) {
        switch status {
        case 401: self = .authentication
        case 402: self = .billing
        case 403: self = .permission
        case 404: self = .notFound
        case 406: self = .notSupported
        case 408: self = .requestTimeout
        case 413: self = .tooLarge
        case 422: self = .unprocessable
        case 429: self = .rateLimit
        case 499: self = .clientGone
        case 502: self = .badGateway
        case 503: self = .unavailable
        case 504: self = .timeout
        case 529: self = .overloaded
        case 500...: self = .server
        default: self = .invalidRequest
        }
    }

    /// The HTTP status that goes with the kind unless a provider gave another one.
    package var status: Int {
        switch self {
        case .invalidRequest, .contextLength, .unsupported, .contentPolicy: 400
        case .authentication: 401
        case .billing: 402
        case .permission: 403
        case .notFound: 404
        case .notSupported: 406
        case .requestTimeout: 408
        case .tooLarge: 413
        case .unprocessable: 422
        case .rateLimit: 429
        case .clientGone: 499
        case .server: 500
        case .badGateway: 502
        case .unavailable: 503
        case .timeout: 504
        case .overloaded: 529
        }
    }
}
