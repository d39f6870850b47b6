import Dialects
import Gateway
import Management
import Routing
import Store
import TimeCore

extension RuntimeStatus {
    /// What a gateway is doing at this moment, and which accounts rest.
    init(_ gateway: Gateway, _ configuration: Configuration, at now: WallTime) {
        let active = gateway.activeAttempts.all.map { key, count in
            ActiveRequests(model: key.model, provider: key.provider, connectionID: key.connectionID, count: count)
        }
        var cooldowns: [Cooldown] = configuration.connections.compactMap { connection in
            guard let until = connection.rateLimitedUntil, until > now else { return nil }
            return Cooldown(
                provider: connection.provider,
                connectionID: connection.id,
                until: until,
                reason: connection.lastErrorType ?? "unknown"
            )
        }
        for lock in gateway.health.modelLocks(at: now) {
            cooldowns.append(
                Cooldown(
                    provider: lock.provider,
                    connectionID: lock.account,
                    until: lock.until,
                    reason: "\(lock.reason) (\(lock.model))"
                )
            )
        }
        let toolCalls = gateway.toolCallScores.all.map { model, report in
            ToolCalls(
                provider: model.provider,
                model: model.model,
                calls: report.calls,
                valid: report.valid,
                repaired: report.repaired,
                faults: Dictionary(uniqueKeysWithValues: report.faults.map { ($0.key.rawValue, $0.value) })
            )
        }
        self.init(activeRequests: active, cooldowns: cooldowns, toolCalls: toolCalls)
    }
}
