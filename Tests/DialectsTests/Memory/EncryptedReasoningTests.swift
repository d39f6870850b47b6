import JSONCore
import Testing

@testable import Dialects

/// T112: what one account has encrypted never goes to another one, although the client got it as it was.
@Suite struct `Encrypted reasoning of Responses` {
    private static let cipher = "gAAAAABsecretOfOneAccount0123456789"

    private static let stream = [
        #"{"type":"response.created","response":{"id":"resp_1","object":"response","status":"in_progress","model":"m","output":[]}}"#,
        #"{"type":"response.output_item.done","output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"\#(cipher)"}}"#,
        #"{"type":"response.output_item.added","output_index":1,"item":{"id":"msg_1","type":"message","role":"assistant","status":"in_progress","content":[]}}"#,
        #"{"type":"response.content_part.added","output_index":1,"content_index":0,"item_id":"msg_1","part":{"type":"output_text","text":"","annotations":[]}}"#,
        #"{"type":"response.output_text.delta","output_index":1,"content_index":0,"item_id":"msg_1","delta":"Hi"}"#,
        #"{"type":"response.completed","response":{"id":"resp_1","object":"response","status":"completed","model":"m","output":[{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"\#(cipher)"},{"id":"msg_1","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hi","annotations":[]}]}],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}}"#,
    ].map { "data: \($0)\n\n" }.joined()

    private static let whole =
        #"{"id":"resp_1","object":"response","status":"completed","model":"m","output":[{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"\#(cipher)"},{"id":"msg_1","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hi","annotations":[]}]}],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}"#

    private static let next =
        #"{"model":"my-model","store":false,"input":[{"role":"user","content":"x"},{"type":"reasoning","summary":[],"encrypted_content":"\#(cipher)"},{"role":"assistant","content":"Hi"},{"role":"user","content":"y"}]}"#

    @Test(arguments: [true, false])
    func `an account gets back only what it has encrypted itself`(streams: Bool) throws {
        var talk = Talk(client: .openAIResponses)
        var profile = TargetProfile(.openAIResponses)
        profile.signatureFamily = .openAI
        var relay = AnswerRelay(
            context: talk.context(.openAIResponses, streams: streams),
            profile: profile,
            upstreamContentType: streams ? "text/event-stream" : "application/json"
        )
        var out: [UInt8] = []
        relay.whole(Array((streams ? Self.stream : Self.whole).utf8), into: &out)
        #expect(relay.isComplete && String(decoding: out, as: UTF8.self).contains(#""\#(Self.cipher)""#))

        let same = try talk.send(Self.next, to: .openAIResponses)
        #expect(same.text.contains(Self.cipher) && same.context.losses.isEmpty)
        talk.account = "account-2"
        let other = try talk.send(Self.next, to: .openAIResponses)
        #expect(!other.text.contains(Self.cipher) && other.context.losses.map(\.name) == ["reasoning-history"])
        talk.owner = "key-2"
        #expect(try talk.send(Self.next, to: .openAIResponses).text.contains(Self.cipher), "nobody knows whose it is")
    }
}
