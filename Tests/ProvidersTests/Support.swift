import HTTPCore
import JSONCore

@testable import Providers

/// The embedded catalogue, read once for all tests.
let catalogue: Catalogue = {
    guard let catalogue = try? Catalogue.load() else { preconditionFailure("the embedded catalogue does not load") }
    return catalogue
}()

func provider(_ id: String) -> Provider {
    guard let provider = catalogue.provider(id) else { preconditionFailure("no provider \(id)") }
    return provider
}

func options(_ json: String) -> ConnectionOptions {
    ConnectionOptions(try? JSONDocument.parse(Array(json.utf8)))
}

func builder(_ variables: [String: String] = [:]) -> UpstreamCallBuilder {
    UpstreamCallBuilder(catalogue: catalogue, environment: CallEnvironment(version: "1.2.3", variables: variables))
}

/// The call for `provider/model` with a key and the given providerSpecificData.
func upstreamCall(
    _ id: String,
    _ model: String,
    key: String? = "sk-test",
    data: String = "{}",
    stream: Bool = false,
    headers: [(String, String)] = [],
    environment: [String: String] = [:],
    longContext: Bool = false,
    turn: Int = 0
) throws -> UpstreamCall {
    let request = CallRequest(
        model: model,
        stream: stream,
        wantsLongContext: longContext,
        clientHeaders: HTTPHeaders(headers),
        keyTurn: turn
    )
    return try builder(environment).chat(
        .provider(provider(id)),
        account: UpstreamAccount(id: "c1", credential: key, options: options(data)),
        request: request
    )
}
