/// Tokens of one answer.
///
/// A number that the provider did not report is `nil`, which is not the same as 0.
package struct Usage: Sendable, Hashable {
    /// Fresh input: neither read from nor written to a prompt cache.
    @Count package var input: Int?
    @Count package var cacheRead: Int?
    /// Written to a cache that lives five minutes, or whose lifetime is unknown.
    @Count package var cacheWrite5m: Int?
    @Count package var cacheWrite1h: Int?
    /// Everything generated, reasoning included.
    @Count package var output: Int?
    /// The part of `output` that was reasoning.
    @Count package var reasoning: Int?
    @Count package var audioInput: Int?
    @Count package var audioOutput: Int?
    @Count package var webSearches: Int?
    @Count package var webFetches: Int?
    @Count package var acceptedPrediction: Int?
    @Count package var rejectedPrediction: Int?
    /// The provider's name of the tier that served the request.
    package var serviceTier: String?
    /// What the provider says the answer cost, in US dollars.
    package var reportedCost: Double?
    /// Whether some numbers were counted here because the provider gave none.
    package var estimated = false

    package init() {}

    /// Both kinds of cache writing together, `nil` when neither was reported.
    package var cacheWrite: Int? {
        switch (cacheWrite5m, cacheWrite1h) {
        case (nil, nil): nil
        case (let short, let long): (short ?? 0) &+ (long ?? 0)
        }
    }

    /// All input: fresh, read from a cache and written to one.
    package var totalInput: Int { (input ?? 0) &+ (cacheRead ?? 0) &+ (cacheWrite ?? 0) }

    /// Whether the provider reported anything.
    package var isEmpty: Bool { input == nil && output == nil && cacheRead == nil && cacheWrite == nil }

    /// The tokens of two answers together; what only one of them reported is what it reported.
    package func adding(_ other: Usage) -> Usage {
        func sum(_ one: Int?, _ two: Int?) -> Int? {
            one == nil && two == nil ? nil : (one ?? 0).addingReportingOverflow(two ?? 0).partialValue
        }
        var total = self
        total.input = sum(input, other.input)
        total.cacheRead = sum(cacheRead, other.cacheRead)
        total.cacheWrite5m = sum(cacheWrite5m, other.cacheWrite5m)
        total.cacheWrite1h = sum(cacheWrite1h, other.cacheWrite1h)
        total.output = sum(output, other.output)
        total.reasoning = sum(reasoning, other.reasoning)
        total.audioInput = sum(audioInput, other.audioInput)
        total.audioOutput = sum(audioOutput, other.audioOutput)
        total.webSearches = sum(webSearches, other.webSearches)
        total.webFetches = sum(webFetches, other.webFetches)
        total.acceptedPrediction = sum(acceptedPrediction, other.acceptedPrediction)
        total.rejectedPrediction = sum(rejectedPrediction, other.rejectedPrediction)
        if let cost = other.reportedCost { total.reportedCost = (reportedCost ?? 0) + cost }
        total.estimated = estimated || other.estimated
        return total
    }

    /// Takes over a later snapshot of the same stream: the last reported number wins, except that a 0 never
    /// replaces a number that came before (third-party servers report zeros in some of their events).
    package mutating func merge(_ later: Usage) {
        func merged(_ old: Int?, _ new: Int?) -> Int? {
            guard let new else { return old }
            return new == 0 ? (old ?? 0) : new
        }
        input = merged(input, later.input)
        cacheRead = merged(cacheRead, later.cacheRead)
        cacheWrite5m = merged(cacheWrite5m, later.cacheWrite5m)
        cacheWrite1h = merged(cacheWrite1h, later.cacheWrite1h)
        output = merged(output, later.output)
        reasoning = merged(reasoning, later.reasoning)
        audioInput = merged(audioInput, later.audioInput)
        audioOutput = merged(audioOutput, later.audioOutput)
        webSearches = merged(webSearches, later.webSearches)
        webFetches = merged(webFetches, later.webFetches)
        acceptedPrediction = merged(acceptedPrediction, later.acceptedPrediction)
        rejectedPrediction = merged(rejectedPrediction, later.rejectedPrediction)
        serviceTier = later.serviceTier ?? serviceTier
        reportedCost = later.reportedCost ?? reportedCost
        estimated = estimated || later.estimated
    }
}

/// A number that may be missing, in the space of a number: every open stream holds dozens of them.
@propertyWrapper package struct Count: Sendable, Hashable {
    /// The least number stands for none.
    private var stored = Int.min

    package init() {}

    package var wrappedValue: Int? {
        get { stored == .min ? nil : stored }
        set { stored = newValue.map { Swift.max($0, .min + 1) } ?? .min }
    }
}
