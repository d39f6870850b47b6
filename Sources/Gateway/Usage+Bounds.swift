import Dialects

extension Usage {
    /// The same figures within what an answer can possibly have used.
    ///
    /// They come from outside: a provider that reports absurd ones must not make sums overflow.
    var bounded: Usage {
        func bound(_ tokens: Int?) -> Int? { tokens.map { min(max($0, 0), 1 << 40) } }
        var usage = self
        usage.input = bound(input)
        usage.output = bound(output)
        usage.cacheRead = bound(cacheRead)
        usage.cacheWrite5m = bound(cacheWrite5m)
        usage.cacheWrite1h = bound(cacheWrite1h)
        usage.reasoning = bound(reasoning)
        return usage
    }
}
