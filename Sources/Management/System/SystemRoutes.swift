import Gate
import HTTPCore
import HTTPServer
import JSONCore
import Providers
import Store
import TimeCore

/// Serves `GET /api/monitoring/health`, `GET /api/init`, `POST /api/shutdown`.
struct SystemRoutes: Sendable {
    let services: ManagementServices

    var routes: [Route] {
        [
            .answering(.get, "/api/monitoring/health", access: .open, with: health),
            .answering(.get, "/api/init", access: .open) { _ in .object { $0.member("initialized", true) } },
            Route(
                .post,
                "/api/shutdown",
                access: .alwaysProtected,
                bodyLimit: 4096,
                capabilities: .stopsServer,
                handler: shutDown
            ),
        ]
    }

    /// Anybody may see that the server is well; what it is doing is for managers.
    private func health(_ call: Call) async throws -> Response {
        let uptime = Double((services.time.monotonic() - services.context.startedAt).millisecondsClamped) / 1000
        let configuration = call.configuration
        let isWritable = services.store.failure == nil
        return .object(isWritable ? .ok : .serviceUnavailable) { writer in
            writer.member("status", isWritable ? "healthy" : "error")
            writer.member("timestamp", services.time.wall().iso8601)
            writer.member("version", services.context.version)
            writer.member("uptime", uptime)
            writeProviderSummary(configuration, to: &writer)
            writer.member("setupComplete", configuration.settings.setupComplete || configuration.hasPassword)
            if call.canManage { writeDetails(configuration, uptime: uptime, to: &writer) }
        }
    }

    /// The answer goes first; what follows closes the door behind it.
    private func shutDown(_ call: Call) async throws {
        try await services.store.audit(call.audit("system.shutdown", resource: "system"))
        call.respond(
            .object { writer in
                writer.member("success", true)
                writer.member("message", "Shutting down...")
            }
        )
        services.context.shutDown()
    }

    private func writeProviderSummary(_ configuration: Configuration, to writer: inout JSONWriter) {
        let configured = Set(configuration.connections.map(\.provider))
        let active = Set(configuration.connections.filter(\.isActive).map(\.provider))
        writer.object("providerSummary") { writer in
            writer.member("catalogCount", services.catalogue.all.count)
            writer.member("configuredCount", configured.count)
            writer.member("activeCount", active.count)
            writer.member("monitoredCount", 0)
        }
    }

    private func writeDetails(_ configuration: Configuration, uptime: Double, to writer: inout JSONWriter) {
        let memory = ProcessMemory.residentBytes()
        let status = services.context.runtimeStatus()
        writer.object("system") { writer in
            writer.member("version", services.context.version)
            writer.member("nodeVersion", "n/a")
            writer.member("uptime", uptime)
            writeMemory(memory, to: &writer)
            writer.member("pid", ProcessMemory.processID)
            writer.member("platform", "linux")
        }
        writeMemory(memory, to: &writer)
        writer.member("activeConnections", configuration.connections.count)
        writer.object("circuitBreakers") { writer in
            for name in ["open", "halfOpen", "closed", "total"] as [StaticString] { writer.member(name, 0) }
        }
        writer.list("providerBreakers", [String]()) { $0.string($1) }
        for name in ["providerHealth", "localProviders", "rateLimitStatus", "learnedLimits"] as [StaticString] {
            writer.object(name) { _ in }
        }
        writer.object("lockouts") { writer in
            for cooldown in status.cooldowns {
                writer.key(JSONText(cooldown.connectionID))
                writer.beginObject()
                writer.member("provider", cooldown.provider)
                writer.member("until", cooldown.until.iso8601)
                writer.member("reason", cooldown.reason)
                writer.endObject()
            }
        }
        writeReasoning(services.store.reasoning.figures, to: &writer)
        writer.object("dedup") { $0.member("inflightRequests", 0) }
        writer.member("activeRequests", status.activeRequests.reduce(0) { $0 + $1.count })
        writer.object("cryptography") { writer in
            let isReadable = configuration.connections.allSatisfy { !$0.hasUnreadableCredential }
            writer.member("status", isReadable ? "healthy" : "missing_or_invalid")
            writer.member("provider", "aes-256-gcm")
        }
    }

    private func writeReasoning(_ figures: ReasoningVault.Figures, to writer: inout JSONWriter) {
        writer.object("reasoningMemory") { writer in
            writer.member("entries", figures.entries)
            writer.member("bytes", figures.bytes)
            writer.member("remembered", figures.remembered)
            writer.member("recalled", figures.recalled)
        }
    }

    private func writeMemory(_ bytes: Int, to writer: inout JSONWriter) {
        writer.object("memoryUsage") { writer in
            writer.member("rss", bytes)
            writer.member("heapUsed", bytes)
            writer.member("heapTotal", bytes)
        }
    }
}
