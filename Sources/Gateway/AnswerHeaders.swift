import Dialects
import HTTPCore
import TimeCore

/// The `X-OmniRoute-*` fields that tell the client how its request was served.
struct AnswerHeaders {
    var sessionID: String
    var provider: String
    var model: String
    var latency: Duration
    /// What the request asked for and the model that answers cannot express.
    var losses: [Loss] = []
    /// Nil while the answer is still to come.
    var figures: Figures?

    /// What a finished request used.
    struct Figures {
        var inputTokens: Int
        var outputTokens: Int
        /// US dollars; nil when the price is unknown.
        var cost: Double?
    }

    /// The fields in the order they are sent, with room for those that the kind of answer adds.
    ///
    /// An unknown cost is left out, never shown as 0; a stream starts with zeros because its figures come in the
    /// trailing comments.
    var fields: HTTPHeaders {
        var headers = HTTPHeaders()
        headers.fields.reserveCapacity(16)
        headers.add("X-OmniRoute-Session-Id", Self.headerSafe(sessionID))
        forEachFigure { headers.add($0, $1) }
        if !losses.isEmpty { headers.add("X-OmniRoute-Loss", LossList.text(losses)) }
        return headers
    }

    private func forEachFigure(_ body: (_ name: String, _ value: String) -> Void) {
        body("X-OmniRoute-Cache", "MISS")
        body("X-OmniRoute-Cache-Hit", "false")
        body("X-OmniRoute-Latency-Ms", String(latency.millisecondsClamped))
        body("X-OmniRoute-Tokens-In", String(figures?.inputTokens ?? 0))
        body("X-OmniRoute-Tokens-Out", String(figures?.outputTokens ?? 0))
        body("X-OmniRoute-Model", Self.headerSafe(model))
        body("X-OmniRoute-Provider", Self.headerSafe(provider))
        let cost = figures == nil ? 0 : figures?.cost
        if let text = cost.flatMap(Self.dollars) { body("X-OmniRoute-Response-Cost", text) }
    }

    /// The same figures as comment lines of an event stream, for its end.
    var streamComments: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(320)
        forEachFigure { name, value in
            bytes.append(contentsOf: ": ".utf8)
            for byte in name.utf8 { bytes.append(byte | (byte >= 0x41 && byte <= 0x5A ? 0x20 : 0)) }
            bytes.append(UInt8(ascii: "="))
            bytes.append(contentsOf: value.utf8)
            bytes.append(0x0A)
        }
        bytes.append(0x0A)
        return bytes
    }

    /// Ten decimals, rounded, without exponent; nil for what can be no price.
    static func dollars(_ amount: Double) -> String? {
        guard amount.isFinite, amount >= 0, amount < 1e8 else { return nil }
        var units = UInt64((amount * 1e10).rounded())
        return String(unsafeUninitializedCapacity: 20) { text in
            // From the last digit: ten decimals, the point, and at least one digit in front of it.
            var start = text.count
            while start == text.count || units > 0 || text.count - start < 12 {
                start -= 1
                if text.count - start == 11 {
                    text[start] = UInt8(ascii: ".")
                } else {
                    text[start] = UInt8(ascii: "0") + UInt8(units % 10)
                    units /= 10
                }
            }
            let length = text.count - start
            for index in 0..<length { text[index] = text[start + index] }
            return length
        }
    }

    private static func isHeaderSafe(_ bytes: Span<UInt8>) -> Bool {
        for index in bytes.indices where bytes[index] < 0x20 || bytes[index] > 0x7E { return false }
        return true
    }

    /// Header values are visible ASCII; model names may be anything.
    static func headerSafe(_ text: String) -> String {
        isHeaderSafe(text.utf8.span) ? text : Percent.encode(text, keeping: "/:@ ")
    }
}

extension [UInt8] {
    /// Puts comment lines in front of the last event of a piece of an event stream, because nothing may follow the terminal one.
    mutating func insertBeforeLastEvent(_ comments: [UInt8]) {
        guard count >= 2 else { return append(contentsOf: comments) }
        var start = count - 2
        while start > 0, !(self[start - 1] == 0x0A && start >= 2 && self[start - 2] == 0x0A) { start -= 1 }
        insert(contentsOf: comments, at: start)
    }
}
