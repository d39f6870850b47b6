package import Dialects
import EventLoop
import HTTPCore
import LogCore
import Providers
import Routing
import Store
import Synchronization
import TimeCore

extension Gateway {
    /// Answers a request for a completion: resolve the model, plan the attempts, try them until one delivers.
    ///
    /// A sink that takes a stream over sees this return when the stream has begun.
    ///
    /// - Throws: the failure to answer with, if nothing was sent to the client.
    package func answer(_ request: ChatRequest, to sink: any AnswerSink) async throws(Failure) {
        counters.requests.wrappingAdd(1, ordering: .relaxed)
        guard let attempts = try attempts(for: request, sink) else { return }
        try await attempts.run()
    }

    /// The attempts that a request takes; nil for one that is answered already.
    @inline(never) private func attempts(
        for request: ChatRequest,
        _ sink: any AnswerSink
    ) throws(Failure) -> AttemptLoop? {
        let question = try Question(request)
        if try answersLoad(question, request, sink) { return nil }
        return try AttemptLoop(request, question, gateway: self, sink: sink)
    }

    /// Keys may be limited to some models; the names that clients send count, combos included.
    func checkPolicy(_ allowedModels: [String]?, model: String) throws(Failure) {
        guard let allowedModels, !ModelPolicy.allows(model, patterns: allowedModels) else { return }
        throw Failure(
            .permission,
            "Model \"\(model)\" is not allowed for this API key",
            code: "model_not_allowed",
            param: "model"
        )
    }

    func resolver(for configuration: Configuration) -> ModelResolver {
        ModelResolver(routingView.tables(for: configuration))
    }

    func resolve(_ model: String, _ request: ChatRequest) throws(Failure) -> PlanRequest.Goal {
        let resolver = resolver(for: request.configuration)
        let resolution =
            request.requiredProvider.map { resolver.resolve(model, provider: $0) } ?? resolver.resolve(model)
        switch resolution {
        case .combo(let combo, let wantsLongContext): return .combo(combo, wantsLongContext: wantsLongContext)
        case .single(let target): return .single(target)
        case .failure(let failure): throw failure
        }
    }

    func makePlan(for goal: PlanRequest.Goal, _ request: ChatRequest) -> AttemptPlan {
        let planned = PlanRequest(
            goal,
            allowedAccounts: Set(request.key?.allowedConnections ?? []),
            forcedAccount: request.headers["x-omniroute-connection"]
        )
        return AttemptPlan(planned, resolver: resolver(for: request.configuration), health: health)
    }
}

/// Which models a key may use.
package enum ModelPolicy {
    /// Whether a model fits one of the patterns: an exact name, `prefix/*`, or `*` within a segment.
    ///
    /// No patterns allow all.
    package static func allows(_ model: String, patterns: [String]) -> Bool {
        patterns.isEmpty || patterns.contains { matches(model, $0) }
    }

    private static func matches(_ model: String, _ pattern: String) -> Bool {
        if pattern == model || pattern == "*" { return true }
        if pattern.hasSuffix("/*") { return model.hasPrefix(pattern.dropLast()) }
        let parts = (model.split(separator: "/"), pattern.split(separator: "/"))
        guard pattern.contains("*"), parts.0.count == parts.1.count else { return false }
        return zip(parts.0, parts.1).allSatisfy { Glob.matches(String($1), String($0)) }
    }
}
