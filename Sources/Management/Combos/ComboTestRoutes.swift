import Gate
import HTTPCore
import HTTPServer
import JSONCore
import Store
import TimeCore

/// `POST /api/combos/test`: asks every target of a combo one short question, all at the same time.
struct ComboTestRoutes: Sendable {
    let services: ManagementServices

    private static let maximumTargets = 200

    var routes: [Route] {
        [.answering(.post, "/api/combos/test", access: .management, with: test)]
    }

    private struct Target: Sendable {
        let stepID: String
        let executionKey: String
        let model: String
        let connectionID: String?
        let label: String?
    }

    private func test(_ call: Call) async throws -> Response {
        let body = try Body(call)
        let name = body.text("comboName", 1...100)
        try body.check()
        guard let combo = call.configuration.combosByName[name] else { throw Refusal(.notFound, "Combo not found") }
        let targets = Self.targets(of: combo, path: combo.name, seen: [combo.name], call.configuration)
        let results = await probe(Array(targets.prefix(Self.maximumTargets)))
        let resolved = results.first { $0.1.error == nil }?.0
        let now = services.time.wall()
        return .object { writer in
            writer.member("comboName", combo.name)
            writer.member("strategy", combo.strategy)
            writer.nullable("resolvedBy", resolved?.model)
            writer.nullable("resolvedByExecutionKey", resolved?.executionKey)
            writer.nullable("resolvedByTarget", resolved?.stepID)
            writer.list("results", results) { Self.write($1.0, $1.1, to: &$0) }
            writer.member("testedAt", now.iso8601)
        }
    }

    private func probe(_ targets: [Target]) async -> [(Target, ChatProbe)] {
        let probe = services.probe
        let answers = await withTaskGroup(of: (Int, ChatProbe).self) { group in
            for (index, target) in targets.enumerated() {
                group.addTask { (index, await probe.chat(model: target.model, connectionID: target.connectionID)) }
            }
            return await group.reduce(into: [Int: ChatProbe]()) { $0[$1.0] = $1.1 }
        }
        return targets.enumerated().compactMap { index, target in answers[index].map { (target, $0) } }
    }

    /// The models of a combo, those of nested combos in their place.
    private static func targets(
        of combo: Combo,
        path: String,
        seen: Set<String>,
        _ configuration: Configuration
    ) -> [Target] {
        combo.steps.flatMap { step -> [Target] in
            switch step {
            case .model(let id, let model, _, let connectionID, _, let label):
                return [
                    Target(
                        stepID: id,
                        executionKey: "\(path)/\(id)",
                        model: model,
                        connectionID: connectionID,
                        label: label
                    )
                ]
            case .comboRef(_, let name, _, _):
                guard !seen.contains(name), let nested = configuration.combosByName[name] else { return [] }
                return targets(of: nested, path: "\(path)/\(name)", seen: seen.union([name]), configuration)
            }
        }
    }

    private static func write(_ target: Target, _ answer: ChatProbe, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("model", target.model)
        writer.member("provider", String(target.model.prefix { $0 != "/" }))
        writer.member("stepId", target.stepID)
        writer.member("executionKey", target.executionKey)
        writer.nullable("connectionId", target.connectionID)
        writer.nullable("label", target.label)
        writer.member("status", answer.error == nil ? "ok" : "error")
        writer.optional("statusCode", answer.statusCode)
        writer.member("latencyMs", answer.latencyMilliseconds)
        writer.optional("responseText", answer.text)
        writer.optional("error", answer.error)
        writer.endObject()
    }
}
