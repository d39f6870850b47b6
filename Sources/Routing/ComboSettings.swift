package import Dialects
package import JSONCore

/// The numbers of a combo's attempt loop, each within its bounds.
package struct ComboSettings: Sendable, Equatable {
    /// Further tries of one target after a failure that may pass.
    package var maxRetries = 1
    package var retryDelay = Duration.milliseconds(2_000)
    /// Pause before the next target after a failing server.
    package var fallbackDelay = Duration.zero
    /// Repetitions of the whole list.
    package var maxSetRetries = 0
    package var setRetryDelay = Duration.milliseconds(2_000)
    /// How deep combos may refer to combos.
    package var maxDepth = 3
    /// Nil leaves it to the server.
    package var streamContinuation: StreamContinuation?
    /// Nil leaves it to the server.
    package var toolCallGuard: ToolCallPolicy?

    package init() {}

    /// Reads `config` objects, the most general first; later ones win, missing and malformed values change nothing.
    package init(_ layers: [JSONValue]) {
        for layer in layers {
            func number(_ key: StaticString, _ bounds: ClosedRange<Int>) -> Int? {
                layer.present(key)?.int.map { min(max($0, bounds.lowerBound), bounds.upperBound) }
            }
            func delay(_ key: StaticString) -> Duration? { number(key, 0...60_000).map { .milliseconds($0) } }
            maxRetries = number("maxRetries", 0...10) ?? maxRetries
            retryDelay = delay("retryDelayMs") ?? retryDelay
            fallbackDelay = delay("fallbackDelayMs") ?? fallbackDelay
            maxSetRetries = number("maxSetRetries", 0...10) ?? maxSetRetries
            setRetryDelay = delay("setRetryDelayMs") ?? setRetryDelay
            maxDepth = number("maxComboDepth", 1...10) ?? maxDepth
            streamContinuation =
                layer.present("streamContinuation")?.string.flatMap(StreamContinuation.init) ?? streamContinuation
            toolCallGuard = layer.present("toolCallGuard")?.string.flatMap(ToolCallPolicy.init) ?? toolCallGuard
        }
    }
}
