import HTTPCore

/// The `X-OmniRoute-*` fields that tell the client how its request was served.
struct AnswerHeaders {
    var sessionID: String
    var provider: String
    var model: String
    var latency: Duration
    /// Nil while the answer is still to come.
    var figures: Figures?

    /// What a finished request used.
    struct Figures {
        var inputTokens: Int
        var outputTokens: Int
        /// US dollars; nil when the price is unknown.
        var cost: Double?
    }

    /// Field names and values in the order they are sent.
    ///
    /// An unknown cost is left out, never shown as 0; a stream starts with zeros because its figures come in the
    /// trailing comments.
    var fields: [(String, String)] {
        var fields = [
            ("X-OmniRoute-Cache", "MISS"),
            ("X-OmniRoute-Cache-Hit", "false"),
            ("X-OmniRoute-Latency-Ms", String(latency.milliseconds)),
            ("X-OmniRoute-Tokens-In", String(figures?.inputTokens ?? 0)),
            ("X-OmniRoute-Tokens-Out", String(figures?.outputTokens ?? 0)),
            ("X-OmniRoute-Model", Self.headerSafe(model)),
            ("X-OmniRoute-Provider", Self.headerSafe(provider)),
            ("X-OmniRoute-Session-Id", Self.headerSafe(sessionID)),
        ]
        if let cost = figures == nil ? 0 : figures?.cost {
            fields.append(("X-OmniRoute-Response-Cost", Self.dollars(cost)))
        }
        return fields
    }

    /// The same figures as comment lines of an event stream, for its end.
    var streamComments: [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in fields where name != "X-OmniRoute-Session-Id" {
            bytes.append(contentsOf: ": \(name.lowercased())=\(value)\n".utf8)
        }
        bytes.append(0x0A)
        return bytes
    }

    /// Ten decimals, rounded, without exponent.
    static func dollars(_ amount: Double) -> String {
        guard amount.isFinite, amount >= 0, amount < 1e8 else { return "0.0000000000" }
        let units = (amount * 1e10).rounded()
        let whole = UInt64(units / 1e10)
        let fraction = String(UInt64(units) - whole * 10_000_000_000)
        return "\(whole)." + String(repeating: "0", count: 10 - fraction.utf8.count) + fraction
    }

    /// Header values are visible ASCII; model names may be anything.
    private static func headerSafe(_ text: String) -> String {
        text.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? text : Percent.encode(text, keeping: "/:@ ")
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
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
