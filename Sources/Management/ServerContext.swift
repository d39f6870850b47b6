package import TimeCore

/// Facts about the running server that management shows, and the one thing it may ask of it.
package final class ServerContext: Sendable {
    /// The product's version, `0.1.0`.
    package let version: String
    package let startedAt: MonotonicTime
    /// The addresses that are listened on, as `http://127.0.0.1:20128`.
    package let addresses: [String]
    private let status: @Sendable () -> RuntimeStatus
    private let requestShutdown: @Sendable () -> Void

    /// Takes the facts, and two closures that any thread may call: `status` tells what the gateway is doing right now,
    /// `requestShutdown` begins an orderly stop.
    package init(
        version: String,
        startedAt: MonotonicTime,
        addresses: [String],
        status: @escaping @Sendable () -> RuntimeStatus = { RuntimeStatus() },
        requestShutdown: @escaping @Sendable () -> Void
    ) {
        self.version = version
        self.startedAt = startedAt
        self.addresses = addresses
        self.status = status
        self.requestShutdown = requestShutdown
    }

    /// What the gateway is doing right now.
    package func runtimeStatus() -> RuntimeStatus { status() }

    /// Begins an orderly stop.
    package func shutDown() { requestShutdown() }
}

/// What the gateway is doing at one moment.
package struct RuntimeStatus: Sendable {
    /// Requests that wait for an upstream, by account and model.
    package struct ActiveRequests: Sendable, Hashable {
        package var model: String
        package var provider: String
        package var connectionID: String
        package var count: Int

        package init(model: String, provider: String, connectionID: String, count: Int) {
            self.model = model
            self.provider = provider
            self.connectionID = connectionID
            self.count = count
        }
    }

    /// An account that rests after a failure.
    package struct Cooldown: Sendable, Hashable {
        package var provider: String
        package var connectionID: String
        package var until: WallTime
        package var reason: String

        package init(provider: String, connectionID: String, until: WallTime, reason: String) {
            self.provider = provider
            self.connectionID = connectionID
            self.until = until
            self.reason = reason
        }
    }

    /// How a model's calls fitted the tools that clients declared, since the start.
    package struct ToolCalls: Sendable, Hashable {
        package var provider: String
        package var model: String
        package var calls: Int
        package var valid: Int
        package var repaired: Int
        /// How many calls had each fault.
        package var faults: [String: Int]

        package init(provider: String, model: String, calls: Int, valid: Int, repaired: Int, faults: [String: Int]) {
            (self.provider, self.model) = (provider, model)
            (self.calls, self.valid, self.repaired, self.faults) = (calls, valid, repaired, faults)
        }
    }

    package var activeRequests: [ActiveRequests]
    package var cooldowns: [Cooldown]
    package var toolCalls: [ToolCalls]

    package init(activeRequests: [ActiveRequests] = [], cooldowns: [Cooldown] = [], toolCalls: [ToolCalls] = []) {
        self.activeRequests = activeRequests
        self.cooldowns = cooldowns
        self.toolCalls = toolCalls
    }
}
