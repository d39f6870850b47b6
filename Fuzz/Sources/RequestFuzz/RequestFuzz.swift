import CLibFuzzer
import Glibc
import JSONCore

@testable import Dialects

@main
enum RequestFuzz {
    static func main() {
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, testOneInput))
    }
}

/// Whatever a client sends, it is translated to JSON for every target or refused as the client's mistake.
///
/// The first byte chooses the client's dialect.
private func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    guard let choice = bytes.first, let body = try? JSONDocument.parse(Array(bytes[1...])) else { return 0 }
    let client = Dialect.allCases[Int(choice) % Dialect.allCases.count]
    for upstream in Dialect.allCases { check(body, client, upstream) }
    precondition(TokenEstimate.inputTokens(body, dialect: client) >= 0, "an estimate counts something")
    return 0
}

private func check(_ body: JSONDocument, _ client: Dialect, _ upstream: Dialect) {
    var context = TranslationContext(
        clientDialect: client,
        upstreamDialect: upstream,
        clientModel: "my-model",
        upstreamModel: "up-model",
        wantsStream: true,
        ids: RandomIDs(),
        createdAt: 1_755_000_000
    )
    do throws(DialectError) {
        let address = RequestAddress(model: client == .gemini ? "my-model" : nil)
        _ = try RequestFacts.read(body, dialect: client, address: address)
        let profile = TargetProfile(upstream)
        let bytes = try RequestTranslator.translate(body, profile: profile, context: &context, upstreamStreams: true)
        let deep = JSONLimits(depth: 512)
        precondition((try? JSONDocument.parse(bytes, limits: deep)) != nil, "what is sent is JSON")
    } catch {
        precondition(error.failure.status == 400, "a request is refused as the client's mistake")
    }
}
