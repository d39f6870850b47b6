package import HTTPCore
package import HTTPServer

/// Everything the gate decides by, read from a request head in one pass over its fields.
package final class RequestFacts: Sendable {
    package let method: HTTPMethod
    package let target: RequestTarget
    package let peer: PeerAddress
    /// Whether the connection itself is encrypted.
    package let isSecure: Bool
    package let contentLength: Int?
    package let fields: FieldFacts
    /// What the Host field names; `nil` if there is none or it is malformed.
    package let authority: Authority?
    /// Keys in the address, on the paths of clients that put them there.
    package let addressKeys: [String]

    package convenience init(_ head: RequestHead) {
        self.init(
            method: head.method,
            target: head.target,
            headers: head.headers,
            peer: head.peer,
            isSecure: head.isSecure,
            contentLength: head.contentLength
        )
    }

    package init(
        method: HTTPMethod,
        target: RequestTarget,
        headers: HTTPHeaders,
        peer: PeerAddress,
        isSecure: Bool = false,
        contentLength: Int? = nil
    ) {
        self.method = method
        self.target = target
        self.peer = peer
        self.isSecure = isSecure
        self.contentLength = contentLength
        fields = FieldFacts(headers)
        authority = fields.host.flatMap(Authority.init)
        addressKeys = AddressKeys.read(method, target)
    }

    /// The same facts about a request of another length.
    private init(_ facts: RequestFacts, contentLength: Int?) {
        (method, target, peer, isSecure) = (facts.method, facts.target, facts.peer, facts.isSecure)
        (fields, authority, addressKeys) = (facts.fields, facts.authority, facts.addressKeys)
        self.contentLength = contentLength
    }

    /// Whether the client carries its key as Gemini's do, for paths that say nothing about its dialect.
    var speaksGemini: Bool { fields.hasGeminiKey || !addressKeys.isEmpty }

    /// The facts with that length.
    func withContentLength(_ length: Int?) -> RequestFacts {
        length == contentLength ? self : RequestFacts(self, contentLength: length)
    }
}

/// What the header fields say.
package struct FieldFacts: Sendable {
    package private(set) var host: String?
    package private(set) var origin: String?
    package private(set) var fetchSite: String?
    package private(set) var contentType: String?
    package private(set) var requestID: String?
    /// Credentials of `Authorization: Bearer`, and of `x-api-key` and `x-goog-api-key`, in the order of appearance.
    package private(set) var bearerTokens: [String] = []
    package private(set) var keyHeaders: [String] = []
    package private(set) var cookies: [String] = []
    package private(set) var preflightMethod: String?
    package private(set) var preflightHeaders: String?
    /// Whether a proxy says it stands between us and the client.
    package private(set) var isForwarded = false
    package private(set) var forwardedFor: [String] = []
    package private(set) var forwardedProto: String?
    /// Whether the client wrote a header that only the gate may write.
    package private(set) var hasInternalHeaders = false
    /// Whether the client speaks Anthropic's dialect, for errors on paths that say nothing about it.
    package private(set) var speaksAnthropic = false
    /// Whether the client wrote a key where Gemini's clients do.
    private(set) var hasGeminiKey = false

    init(_ headers: HTTPHeaders) {
        let fields = headers.fields.span
        for index in fields.indices { note(fields[index].name.utf8.span, fields[index].value) }
    }

    /// The length picks the few names a field can have, so that an ordinary header costs one comparison.
    private mutating func note(_ name: Span<UInt8>, _ value: String) {
        switch name.count {
        case 3: if name.isASCIIEqual("via") { isForwarded = true }
        case 4: if name.isASCIIEqual("host") { host = value }
        case 6:
            if name.isASCIIEqual("origin") { origin = value }
            if name.isASCIIEqual("cookie") { cookies.append(value) }
        case 9:
            if name.isASCIIEqual("x-api-key") { keyHeaders.append(value) }
            if name.isASCIIEqual("x-real-ip") { isForwarded = true }
            if name.isASCIIEqual("forwarded") { isForwarded = true }
        case 11:
            if name.isASCIIEqual("x-client-ip") { isForwarded = true }
            if name.isASCIIEqual("x-forwarded") { isForwarded = true }
        case 12:
            if name.isASCIIEqual("content-type") { contentType = value }
            if name.isASCIIEqual("x-request-id") { requestID = value }
            if name.isASCIIEqual("x-9r-real-ip") { isForwarded = true }
        case 13: if name.isASCIIEqual("authorization") { noteAuthorization(value) }
        default: noteLong(name, value)
        }
    }

    private mutating func noteLong(_ name: Span<UInt8>, _ value: String) {
        switch name.count {
        case 14:
            if name.isASCIIEqual("sec-fetch-site") { fetchSite = value }
            if name.isASCIIEqual("true-client-ip") { isForwarded = true }
            if name.isASCIIEqual("x-goog-api-key") {
                keyHeaders.append(value)
                hasGeminiKey = true
            }
        case 15:
            if name.isASCIIEqual("x-forwarded-for") {
                isForwarded = true
                forwardedFor.append(value)
            }
        case 16:
            if name.isASCIIEqual("cf-connecting-ip") || name.isASCIIEqual("fastly-client-ip") { isForwarded = true }
        case 17:
            if name.isASCIIEqual("x-forwarded-proto") {
                isForwarded = true
                forwardedProto = value
            }
            if name.isASCIIEqual("anthropic-version") { speaksAnthropic = true }
        case 29: if name.isASCIIEqual("access-control-request-method") { preflightMethod = value }
        case 30: if name.isASCIIEqual("access-control-request-headers") { preflightHeaders = value }
        default: break
        }
        guard name.hasASCIIPrefix("x-") else { return }
        if isInternalHeader(name) { hasInternalHeaders = true }
        if name.hasASCIIPrefix("x-forwarded-") { isForwarded = true }
    }

    private mutating func noteAuthorization(_ value: String) {
        guard value.hasASCIIPrefix("bearer ") else { return }
        bearerTokens.append(String(value[value.utf8.index(value.startIndex, offsetBy: 7)...]).trimmingBlanks)
    }

    /// The values of a cookie, over all `Cookie` fields.
    package func cookieValues(_ name: String) -> [Substring] {
        cookies.flatMap { header in
            header.split(separator: ";").compactMap { pair -> Substring? in
                let trimmed = pair.drop { $0 == " " }
                guard trimmed.hasPrefix(name), trimmed.dropFirst(name.count).first == "=" else { return nil }
                return trimmed.dropFirst(name.count + 1)
            }
        }
    }
}

/// Whether only the gate itself may write a header of this name.
func isInternalHeader(_ name: Span<UInt8>) -> Bool {
    name.hasASCIIPrefix("x-omniroute-auth-") || name.isASCIIEqual("x-omniroute-route-class")
}
