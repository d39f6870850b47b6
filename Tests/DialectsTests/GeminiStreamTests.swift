import JSONCore
import Testing

@testable import Dialects

/// Streams of Gemini's look-alikes, which give a reason for the end before the end.
@Suite struct `Streams of Gemini` {
    private static let call = #"{"functionCall":{"id":"c1","name":"look","args":{"x":1}}}"#

    private static func piece(_ text: String, _ reason: String?) -> String {
        geminiChunk(#"{"text":"\#(text)"}"#, reason.map { #","finishReason":"\#($0)""# } ?? "")
    }

    private static func isLegal(_ got: Relayed, _ client: Dialect) -> Bool {
        let log = Complaints()
        let end = client.validator.checkStream(got.out, log)
        return end == (got.failure == nil ? .clean : .failed) && log.texts.isEmpty
    }

    @Test(arguments: Dialect.spoken, ["STOP", "FINISH_REASON_UNSPECIFIED"])
    func `what comes behind a reason for the end is delivered`(client: Dialect, reason: String) {
        let pieces = ["Hello ", "world", "!"].map { Self.piece($0, reason) }
        let end = geminiChunk(Self.call, #","finishReason":"\#(reason)""#)
        for streams in [true, false] {
            let context = makeContext(client, .gemini, streams: streams)
            let got = relay(pieces.joined() + end, context)
            #expect(got.isComplete && got.failure == nil)
            for part in ["Hello ", "world", "!", "look"] { #expect(got.out.contains(part), "\(got.out)") }
            #expect(relay((pieces.joined() + end).utf8.map { [$0] }, context) == got)
            guard streams, client != .gemini else { continue }
            #expect(got.stopReason == .toolCalls && Self.isLegal(got, client), "\(got.out)")
        }
    }

    @Test(arguments: Dialect.spoken)
    func `a reason is no end where more came behind one, and an unspecified one never`(client: Dialect) {
        let context = makeContext(client, .gemini)
        let starts = [
            Self.piece("a", "STOP") + Self.piece("b", "STOP"), Self.piece("a", "STOP") + Self.piece("b", nil),
            Self.piece("a", nil) + Self.piece("b", "STOP") + Self.piece("c", "STOP"),
            Self.piece("a", "FINISH_REASON_UNSPECIFIED"),
        ]
        for start in starts {
            let cut = relay(start, context, cleanEnd: false)
            #expect(cut.failure?.cause == .cutOff && !cut.isComplete)
            if client != .gemini { #expect(Self.isLegal(cut, client), "\(cut.out)") }
            #expect(relay(start, context).isComplete)
        }
        let whole = Self.piece("a", "FINISH_REASON_UNSPECIFIED") + Self.piece("b", "STOP")
        #expect(relay(whole, context, cleanEnd: false).isComplete, "the reason is the first, and the end")
    }

    @Test func `the end is waited for shortly behind a reason, and as long as it takes if more came behind it`() {
        var out: [UInt8] = []
        let context = makeContext(.anthropicMessages, .gemini)
        var relay = AnswerRelay(context: context, profile: TargetProfile(.gemini), upstreamContentType: nil)
        func waits(behind frame: String) -> Bool {
            relay.receive(Array(frame.utf8), into: &out)
            return relay.awaitsOnlyTheEnd
        }
        #expect(!waits(behind: Self.piece("a", nil)))
        #expect(waits(behind: Self.piece("b", "STOP")))
        #expect(waits(behind: geminiChunk(#"{"text":""}"#, extra: #","usageMetadata":{"promptTokenCount":3}"#)))
        #expect(!waits(behind: Self.piece("c", "STOP")))
        #expect(!waits(behind: Self.piece("d", "STOP")))
    }

    @Test(arguments: [(["MAX_TOKENS", "STOP"], StopReason.length), (["STOP", "MAX_TOKENS"], .length)])
    func `of several reasons behind the content the one that says more counts`(reasons: [String], told: StopReason) {
        let stream = Self.piece("a", nil) + reasons.map { Self.piece("", $0) }.joined()
        #expect(relay(stream, makeContext(.openAIChat, .gemini)).stopReason == told)
    }

    @Test(arguments: Dialect.spoken) func `an error between two reasons is told`(client: Dialect) {
        let error = #"data: {"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}"# + "\r\n\r\n"
        let got = relay(
            Self.piece("a", "STOP") + Self.piece("b", "STOP") + error,
            makeContext(client, .gemini)
        )
        #expect(got.failure?.status == 503 && got.out.contains("busy"))
    }
}
