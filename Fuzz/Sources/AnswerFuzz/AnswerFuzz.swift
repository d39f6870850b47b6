import CLibFuzzer
import Glibc

@testable import Dialects

@main
enum AnswerFuzz {
    static func main() {
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, testOneInput))
    }
}

/// The same identifiers and times in every run, so that two outputs can be compared.
private final class Constants: IDGenerator, Stopwatch {
    let nanoseconds = 1_000_000

    func characters(_ count: Int) -> String { String(repeating: "0", count: count) }
}

private struct Outcome: Equatable {
    var out: [UInt8] = []
    var failure: Failure?
    var isComplete = false
}

/// Whatever a provider sends, its answer ends well or fails, never both, and not otherwise in other pieces.
///
/// The first byte chooses the provider's dialect and form, the second the client's, the third the size of the pieces.
private func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    guard bytes.count > 3 else { return 0 }
    let dialects = Dialect.allCases
    let upstream = dialects[Int(bytes[0]) % dialects.count]
    let client = dialects[Int(bytes[1]) % dialects.count]
    let isWhole = bytes[0] >= 128
    let answer = [UInt8](bytes[3...])
    let size = Int(bytes[2] % 64) + 1
    let pieces = stride(from: 0, to: answer.count, by: size).map { [UInt8](answer[$0..<min($0 + size, answer.count)]) }
    for streams in [true, false] {
        let whole = relay([answer], client, upstream, streams: streams, isWhole: isWhole)
        let cut = relay(pieces, client, upstream, streams: streams, isWhole: isWhole)
        precondition(whole == cut, "pieces change the answer")
        precondition(whole.isComplete == (whole.failure == nil), "an answer ends well or fails")
    }
    return 0
}

private func relay(
    _ pieces: [[UInt8]],
    _ client: Dialect,
    _ upstream: Dialect,
    streams: Bool,
    isWhole: Bool
) -> Outcome {
    var context = TranslationContext(
        clientDialect: client,
        upstreamDialect: upstream,
        clientModel: "my-model",
        upstreamModel: "up-model",
        wantsStream: streams,
        ids: Constants(),
        createdAt: 1_755_000_000
    )
    context.stopwatch = Constants()
    var relay = AnswerRelay(
        context: context,
        profile: TargetProfile(upstream),
        upstreamContentType: isWhole ? "application/json" : upstream.framing(.standard).contentType
    )
    var outcome = Outcome()
    for piece in pieces { relay.receive(piece, into: &outcome.out) }
    relay.finish(cleanEnd: true, into: &outcome.out)
    outcome.failure = relay.failure
    outcome.isComplete = relay.isComplete
    return outcome
}
