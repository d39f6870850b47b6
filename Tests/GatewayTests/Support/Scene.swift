import Dialects
import EventLoop
import HTTPCore
import JSONCore

@testable import Gateway
@testable import Providers

/// One attempt as its delivery finds it: the head of the upstream's answer has just come.
struct Scene: Sendable {
    var client = Dialect.openAIChat
    var upstream = Dialect.openAIChat
    /// The form of the client's endpoint.
    var layout = AnswerLayout.standard
    var streams = true
    var readiness: Duration?
    /// The upstream is one of those that end their streams without saying so.
    var lenientEnd = false
    var price: Price? = Price(input: 1, output: 2)

    fileprivate var question: ClientQuestion {
        ClientQuestion(dialect: client, model: "my-model", streams: streams, maxOutput: 99)
    }

    fileprivate var address: RequestAddress {
        var address = question.address
        address.layout = layout
        return address
    }
}

extension World {
    func attempt(_ scene: Scene, to sink: RecordingSink) throws -> AttemptRunner {
        let request = request(scene.question.body, scene.client, at: scene.address)
        let question = try Question(request)
        var profile = TargetProfile(scene.upstream)
        profile.lenientEnd = scene.lenientEnd
        var timeouts = CallTimeouts()
        timeouts.readiness = scene.readiness
        let plan = CallPlan(
            url: "http://upstream.test/v1",
            headers: HTTPHeaders(),
            dialect: scene.upstream,
            profile: profile,
            upstreamModel: "up-model",
            bodyRules: BodyRules(),
            forceStream: false,
            poolKey: "a",
            timeouts: timeouts,
            allowsPrivateAddresses: true,
            credential: CredentialPlacement(owner: "near", auth: .bearer, isRequired: false)
        )
        let call = UpstreamCall(plan, headers: HTTPHeaders())
        let ledger = Ledger(request, question, gateway: gateway)
        let target = Ledger.Target(
            providerID: "n1",
            prefix: "near",
            model: "up-model",
            connectionID: nil,
            account: nil,
            dialect: scene.upstream,
            price: scene.price,
            stepID: nil
        )
        ledger.target = target
        return try AttemptRunner(
            gateway: gateway,
            request: request,
            question: question,
            call: call,
            target: target,
            ledger: ledger,
            policies: AnswerPolicies(request.key, nil, gateway.settings),
            sink: sink
        )
    }

    /// What turns the upstream's answer into the client's.
    func relay(of attempt: AttemptRunner, upstreamContentType: String? = "text/event-stream") -> AnswerRelay {
        var context = TranslationContext(
            clientDialect: attempt.request.dialect,
            upstreamDialect: attempt.call.dialect,
            clientModel: "my-model",
            upstreamModel: "up-model",
            wantsStream: attempt.question.wantsStream,
            ids: RandomIDs(),
            createdAt: 1_780_000_000
        )
        context.layout = attempt.request.address.layout
        return AnswerRelay(context: context, profile: attempt.call.profile, upstreamContentType: upstreamContentType)
    }

    /// Relays an answer to a client and tells what came of it.
    func deliver(_ source: ScriptedSource, _ scene: Scene = Scene(), to sink: RecordingSink) async throws -> Ending {
        let attempt = try attempt(scene, to: sink)
        let relay = relay(of: attempt, upstreamContentType: source.header("content-type"))
        guard scene.streams else { return Ending(await WholeDelivery(attempt, source: source, relay: relay).run()) }
        let outcome = await StreamDelivery(attempt, source: source, relay: relay).run()
        guard case .begun(let stream) = outcome else { return Ending(outcome) }
        return Ending(await stream.relayRest())
    }
}

/// What an attempt came to, in a form that can be compared.
struct Ending: Sendable, Equatable, CustomStringConvertible {
    var word: String
    var failure: Failure?
    var isReadinessTimeout = false

    init(_ outcome: AttemptOutcome) {
        switch outcome {
        case .delivered: word = "delivered"
        case .begun: word = "begun"
        case .interrupted(_, let refusal): (word, failure) = ("interrupted", refusal.failure)
        case .clientGone: word = "gone"
        case .broken(let failure): (word, self.failure) = ("broken", failure)
        case .failed(let refusal):
            (word, failure, isReadinessTimeout) = ("failed", refusal.failure, refusal.isReadinessTimeout)
        }
    }

    var description: String { "\(word) \(failure.map { "\($0.status) \($0.message)" } ?? "")" }
}
