import Gate
import HTTPCore
import HTTPServer
import JSONCore
import Store

/// Serves `GET /api/usage/history` and `GET /api/usage/tool-calls`.
struct UsageRoutes: Sendable {
    let services: ManagementServices

    var routes: [Route] {
        [
            .answering(.get, "/api/usage/history", access: .management, with: history),
            .answering(.get, "/api/usage/tool-calls", access: .management, with: toolCalls),
        ]
    }

    /// How the models' calls fitted the tools that clients declared, since the start; those that call most first.
    private func toolCalls(_ call: Call) async throws -> Response {
        let models = services.context.runtimeStatus().toolCalls
            .sorted { ($1.calls, $0.provider, $0.model) < ($0.calls, $1.provider, $1.model) }
        return .object { writer in
            writer.list("models", models) { writer, model in
                writer.beginObject()
                writer.member("provider", model.provider)
                writer.member("model", model.model)
                writer.member("calls", model.calls)
                writer.member("valid", model.valid)
                writer.member("repaired", model.repaired)
                writer.member("invalid", model.calls - model.valid - model.repaired)
                writer.object("faults") { writer in
                    for (fault, count) in model.faults.sorted(by: { $0.key < $1.key }) {
                        writer.key(JSONText(fault))
                        writer.int(count)
                    }
                }
                writer.endObject()
            }
        }
    }

    private func history(_ call: Call) async throws -> Response {
        let summary = try await services.store.usageSummary()
        let active = services.context.runtimeStatus().activeRequests
        let names = AccountNames(call.configuration)
        return .object { writer in
            writer.member("totalRequests", summary.total.requests)
            writer.member("totalPromptTokens", summary.total.promptTokens)
            writer.member("totalCompletionTokens", summary.total.completionTokens)
            writer.nullable("totalCost", summary.total.isCostUnknown ? nil : summary.total.cost)
            writer.member("unknownCosts", summary.total.unknownCosts)
            writeGroups(summary, names, to: &writer)
            writer.list("last10Minutes", summary.last10Minutes) { writer, minute in
                writer.beginObject()
                Self.writeCounts(minute, to: &writer)
                writer.endObject()
            }
            writePending(active, names, to: &writer)
            writer.list("activeRequests", active) { writer, request in
                writer.beginObject()
                writer.member("model", request.model)
                writer.member("provider", request.provider)
                writer.member("account", names.name(of: request.connectionID))
                writer.member("count", request.count)
                writer.endObject()
            }
        }
    }

    private func writeGroups(_ summary: UsageSummary, _ names: AccountNames, to writer: inout JSONWriter) {
        writer.object("byProvider") { writer in
            for (provider, group) in summary.byProvider.sorted(by: { $0.key < $1.key }) {
                Self.write(provider, group, [("provider", provider)], to: &writer)
            }
        }
        writer.object("byModel") { writer in
            let models = summary.byModel.sorted { ($0.key.model, $0.key.provider) < ($1.key.model, $1.key.provider) }
            for (name, group) in models {
                let members: [(StaticString, String?)] = [("rawModel", name.model), ("provider", name.provider)]
                Self.write("\(name.model) (\(name.provider))", group, members, to: &writer)
            }
        }
        writer.object("byAccount") { writer in
            let accounts = summary.byAccount.sorted { $0.key.connectionID < $1.key.connectionID }
            for (account, group) in accounts {
                let members: [(StaticString, String?)] = [
                    ("connectionId", account.connectionID), ("accountName", names.name(of: account.connectionID)),
                    ("provider", account.provider),
                ]
                Self.write("\(account.connectionID) (\(account.provider))", group, members, to: &writer)
            }
        }
        writer.object("byApiKey") { writer in
            let keys = summary.byAPIKey.sorted {
                ($0.key.id ?? "", $0.key.name ?? "") < ($1.key.id ?? "", $1.key.name ?? "")
            }
            for (key, group) in keys {
                let label = key.id.map { "id:\($0)" } ?? "name:\(key.name ?? "")"
                Self.write(label, group, [("apiKeyId", key.id), ("apiKeyName", key.name)], to: &writer)
            }
        }
    }

    private static func write(
        _ label: String,
        _ group: UsageSummary.Group,
        _ names: [(StaticString, String?)],
        to writer: inout JSONWriter
    ) {
        writer.key(JSONText(label))
        writer.beginObject()
        writeCounts(group, to: &writer)
        for (name, value) in names { writer.nullable(name, value) }
        writer.nullable("lastUsed", group.lastUsed)
        writer.endObject()
    }

    /// Costs nobody knows are not 0: where no price is known at all the sum is `null`, else it is that of the known ones.
    private static func writeCounts(_ group: UsageSummary.Group, to writer: inout JSONWriter) {
        writer.member("requests", group.requests)
        writer.member("promptTokens", group.promptTokens)
        writer.member("completionTokens", group.completionTokens)
        writer.nullable("cost", group.isCostUnknown ? nil : group.cost)
        writer.member("unknownCosts", group.unknownCosts)
    }

    private func writePending(
        _ active: [RuntimeStatus.ActiveRequests],
        _ names: AccountNames,
        to writer: inout JSONWriter
    ) {
        writer.object("pending") { writer in
            let models = Dictionary(active.map { ("\($0.model) (\($0.provider))", $0.count) }, uniquingKeysWith: +)
            writer.object("byModel") { Self.write(models, to: &$0) }
            let accounts = Dictionary(grouping: active, by: \.connectionID)
            writer.object("byAccount") { writer in
                for (id, requests) in accounts.sorted(by: { $0.key < $1.key }) {
                    writer.key(JSONText(id))
                    writer.beginObject()
                    Self.write(
                        Dictionary(requests.map { ("\($0.model) (\($0.provider))", $0.count) }, uniquingKeysWith: +),
                        to: &writer
                    )
                    writer.endObject()
                }
            }
            writer.object("details") { _ in }
        }
    }

    private static func write(_ counts: [String: Int], to writer: inout JSONWriter) {
        for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
            writer.key(JSONText(name))
            writer.int(count)
        }
    }
}

/// What people call accounts; those that are gone keep their id.
private struct AccountNames {
    private let configuration: Configuration

    init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    func name(of connectionID: String) -> String {
        configuration.connection(connectionID)?.label ?? connectionID
    }
}

extension UsageSummary.Group {
    /// Whether there were requests and the price of none of them is known.
    fileprivate var isCostUnknown: Bool { requests > 0 && unknownCosts >= requests }
}
