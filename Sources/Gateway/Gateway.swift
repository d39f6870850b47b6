import Dialects
package import EventLoop
package import HTTPClient
package import LogCore
package import Providers
package import Routing
package import Store
package import Synchronization
package import TimeCore

/// Answers model requests: the meeting point of configuration, routing, translation and transfer.
package final class Gateway: Sendable {
    package let store: Store
    package let catalogue: Catalogue
    /// Cooldowns and locks of every account, shared by all loops.
    package let health: AccountHealth
    package let settings: GatewaySettings
    /// Builds the calls to providers.
    package let calls: UpstreamCallBuilder
    let routingView: RoutingView
    package let time: any TimeSource
    package let counters = Counters()
    /// What is being asked of upstreams right now.
    package let activeAttempts = ActiveAttempts()
    /// How models' calls fitted the declared tools.
    package let toolCallScores = ToolCallScores()
    package let storedResponses = StoredResponses()
    let offeredModelsMemory = OfferedModelsMemory()
    /// Reasoning that clients may not send back; nil when none is kept.
    let reasoning: ReasoningKeepers?
    let log: Logger
    private let slots: [LoopSlot]

    /// Creates a gateway that serves requests on loops with indexes below `loopCount`.
    package init(
        store: Store,
        catalogue: Catalogue,
        settings: GatewaySettings,
        environment: [String: String],
        version: String,
        loopCount: Int,
        time: any TimeSource,
        log: Logger
    ) {
        self.store = store
        self.catalogue = catalogue
        health = AccountHealth()
        self.settings = settings
        calls = UpstreamCallBuilder(
            catalogue: catalogue,
            environment: CallEnvironment(version: version, variables: environment)
        )
        reasoning = ReasoningKeepers(settings, store.reasoning)
        routingView = RoutingView(catalogue: catalogue, variables: environment)
        self.time = time
        self.log = log.child(component: "gateway")
        slots = (0..<loopCount).map { _ in LoopSlot() }
    }

    /// Gives a loop its client; called on that loop before it serves requests.
    package func attach(_ client: HTTPClient, to loop: EventLoop) {
        assert(loop.isCurrent)
        slots[loop.index].client = client
    }

    /// Ends every transfer of a loop; called on that loop when it stops.
    package func detach(from loop: EventLoop) {
        assert(loop.isCurrent)
        slots[loop.index].client?.close()
        slots[loop.index].client = nil
    }

    /// The client of the loop that the caller runs on.
    func client(on loop: EventLoop) throws(Failure) -> HTTPClient {
        assert(loop.isCurrent)
        guard slots.indices.contains(loop.index), let client = slots[loop.index].client else {
            throw .shuttingDown
        }
        return client
    }

    /// The scratch storage of the loop that the caller runs on.
    func scratch(of loop: EventLoop) -> ScratchBuffer {
        assert(loop.isCurrent)
        return slots.indices.contains(loop.index) ? slots[loop.index].scratch : ScratchBuffer()
    }

    /// Figures that only ever grow.
    package final class Counters: Sendable {
        /// Requests that were handed to the pipeline.
        package let requests = Atomic<Int>(0)
        /// Attempts after the first one of a request.
        package let fallbacks = Atomic<Int>(0)
        /// Usage records that were not on disk when the client got the end of its answer.
        package let lateUsageRecords = Atomic<Int>(0)
        /// Requests that are being answered now.
        package let active = Atomic<Int>(0)
    }
}

/// What one loop has.
///
/// `@unchecked Sendable`: touched on that loop only.
private final class LoopSlot: @unchecked Sendable {
    var client: HTTPClient?
    let scratch = ScratchBuffer()
}
