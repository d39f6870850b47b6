package import HTTPCore
package import HTTPServer

/// Everything the gate decides by, read from a request head in one pass over its fields.
package struct RequestFacts: Sendable {
    package let method: HTTPMethod
    package let target: RequestTarget
    package let peer: PeerAddress
    /// Whether the connection itself is encrypted.
    package let isSecure: Bool
    package let contentLength: Int?

    package var host: String?
    package var origin: String?
    package var fetchSite: String?
    package var contentType: String?
    package var requestID: String?
    /// Credentials of `Authorization: Bearer` and `x-api-key`, in the order of appearance.
    package var bearerTokens: [String] = []
    package var keyHeaders: [String] = []
    package var cookies: [String] = []
    package var preflightMethod: String?
    package var preflightHeaders: String?
    /// Whether a proxy says it stands between us and the client.
    package var isForwarded = false
    package var forwardedFor: [String] = []
    package var forwardedProto: String?
    /// Whether the client wrote a header that only the gate may write.
    package var hasInternalHeaders = false
    /// Whether the client speaks Anthropic's dialect, for errors on paths that say nothing about it.
    package var speaksAnthropic = false

    package init(_ head: RequestHead) {
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
        for field in headers.fields { note(field.name, field.value) }
    }

    /// The length picks the few names a field can have, so that an ordinary header costs one comparison.
    private mutating func note(_ name: String, _ value: String) {
        switch name.utf8.count {
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

    private mutating func noteLong(_ name: String, _ value: String) {
        switch name.utf8.count {
        case 14:
            if name.isASCIIEqual("sec-fetch-site") { fetchSite = value }
            if name.isASCIIEqual("true-client-ip") { isForwarded = true }
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
        if isInternalHeader(name) { hasInternalHeaders = true }
        if name.hasASCIIPrefix("x-forwarded-") { isForwarded = true }
    }

    private mutating func noteAuthorization(_ value: String) {
        let parts = value.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].utf8.count == 6, String(parts[0]).isASCIIEqual("bearer") else { return }
        bearerTokens.append(String(parts[1]).trimmingBlanks)
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
func isInternalHeader(_ name: String) -> Bool {
    name.hasASCIIPrefix("x-omniroute-auth-") || name.isASCIIEqual("x-omniroute-route-class")
}

extension String {
    /// Equality with a lower-case ASCII literal, ignoring case, without allocation.
    func isASCIIEqual(_ literal: StaticString) -> Bool {
        utf8.count == literal.utf8CodeUnitCount && hasASCIIPrefix(literal)
    }

    /// Whether the text begins with a lower-case ASCII literal, ignoring case.
    func hasASCIIPrefix(_ literal: StaticString) -> Bool {
        guard utf8.count >= literal.utf8CodeUnitCount else { return false }
        for (byte, expected) in zip(utf8, literal.bytes) {
            let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            guard (isUpper ? byte | 0x20 : byte) == expected else { return false }
        }
        return true
    }
}
