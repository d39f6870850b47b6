package import Dialects
package import HTTPClient

/// What the operator may tune about answers; how long upstreams may take is `CallEnvironment`'s business.
package struct GatewaySettings: Sendable {
    /// Silence towards the client of a stream after which a keep-alive is sent (`SSE_HEARTBEAT_INTERVAL_MS`); nil sends none.
    package var heartbeat: Duration? = .seconds(15)
    /// Longest error body of a provider that is read, in bytes.
    package var errorBodyLimit = 1 << 20
    /// Whether media that requests name by URL may lie on this machine and in private networks.
    package var mediaEgress = EgressPolicy.publicOnly
    /// How long a stream that has finished may stay open without saying so.
    package var finishGrace = Duration.seconds(5)
    /// What is done about a stream that fails after content was sent (`STREAM_CONTINUATION`).
    package var streamContinuation = StreamContinuation.never
    /// What is done about calls that do not fit their tool (`TOOL_CALL_GUARD`).
    package var toolCallGuard = ToolCallPolicy.observe
    /// Where reasoning is kept for clients that do not send it back (`OMNIROUTE_REASONING_MEMORY`).
    package var reasoningMemory = ReasoningMemoryMode.persistent
    /// For how long (`OMNIROUTE_REASONING_MEMORY_HOURS`).
    package var reasoningLifetime = Duration.seconds(86_400)

    /// The documented defaults.
    package init() {}
}

/// Where reasoning of answers is kept.
package enum ReasoningMemoryMode: String, Sendable {
    case off, memory
    /// In memory, and encrypted in the database.
    case persistent
}
