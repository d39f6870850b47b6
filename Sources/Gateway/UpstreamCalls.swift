import CryptoCore
import Dialects
import Providers
import Routing
import Store

extension Gateway {
    /// The call that an attempt makes.
    func call(for attempt: Attempt, stream: Bool, _ request: ChatRequest) throws(Failure) -> UpstreamCall {
        let wanted = CallRequest(
            model: attempt.target.model,
            stream: stream,
            clientDialect: request.dialect,
            wantsLongContext: attempt.target.wantsLongContext,
            clientHeaders: request.headers,
            keyTurn: attempt.keyTurn
        )
        do {
            return try calls.chat(
                attempt.target.party,
                account: UpstreamAccount(attempt.account),
                request: wanted
            )
        } catch {
            throw error.failure
        }
    }

    /// What the usage record says about an attempt.
    func ledgerTarget(of attempt: Attempt, dialect: Dialect, _ configuration: Configuration) -> Ledger.Target {
        let provider = attempt.target.provider
        let model = attempt.target.model
        return Ledger.Target(
            providerID: provider,
            prefix: attempt.target.party.prefix,
            model: model,
            connectionID: attempt.account.isStored ? attempt.account.id : nil,
            account: attempt.account.name,
            dialect: dialect,
            price: catalogue.price(of: attempt.target, in: configuration),
            stepID: attempt.executionKey
        )
    }
}

extension UpstreamAccount {
    /// The account with its credential in the clear, for the moment of a call.
    init(_ account: Account) {
        self.init(id: account.id, credential: account.credential?.exposedText(), options: account.options)
    }
}

extension CallError {
    /// The failure of an attempt that cannot even begin.
    var failure: Failure {
        switch code {
        case .unsupported: Failure(.notSupported, description, code: "provider_not_supported")
        case .incomplete: Failure(.authentication, description, code: "connection_incomplete")
        case .refusedAddress: Failure(.badGateway, description, code: "egress_refused")
        }
    }
}
