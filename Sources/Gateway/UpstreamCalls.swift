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
            wantsLongContext: attempt.target.wantsLongContext,
            clientHeaders: request.headers,
            keyTurn: attempt.keyTurn
        )
        do {
            return try calls.chat(
                attempt.target.party,
                account: account(attempt.account, request.configuration),
                request: wanted
            )
        } catch {
            throw error.failure
        }
    }

    /// The account's credential, taken from the configuration at the moment it is needed.
    func account(_ account: Account, _ configuration: Configuration) -> UpstreamAccount {
        let connection = configuration.connection(account.id)
        return UpstreamAccount(
            id: account.id,
            credential: (connection?.apiKey ?? connection?.accessToken)?.exposedText(),
            options: account.options
        )
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
            account: configuration.connection(attempt.account.id)?.name,
            dialect: dialect,
            price: catalogue.price(provider: provider, model: model, in: configuration),
            stepID: attempt.executionKey
        )
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
