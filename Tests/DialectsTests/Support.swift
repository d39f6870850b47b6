import Foundation
import JSONCore
import Synchronization
import Testing

@testable import Dialects

/// Identifiers that are the same in every run.
final class CountingIDs: IDGenerator {
    private let count = Mutex(0)

    func characters(_ length: Int) -> String {
        let number = count.withLock { count in
            count += 1
            return count
        }
        return String(repeating: "0", count: max(0, length - "\(number)".count)) + "\(number)"
    }
}

extension Dialect {
    /// Those whose codecs are complete.
    static let spoken: [Dialect] = [.openAIChat, .openAIResponses, .anthropicMessages, .gemini, .ollama]
}

/// A pair of dialects, as the fixtures' folders name them.
struct Direction: Sendable, CustomTestStringConvertible {
    var client: Dialect
    var upstream: Dialect

    static let all: [Direction] = Dialect.spoken.flatMap { client in
        Dialect.spoken.map { Direction(client: client, upstream: $0) }
    }

    var folder: String { "\(client.rawValue)-to-\(upstream.rawValue)" }
    var testDescription: String { folder }
}

func json(_ text: String) throws -> JSONDocument { try JSONDocument.parse(Array(text.utf8)) }

func makeContext(
    _ client: Dialect,
    _ upstream: Dialect,
    streams: Bool = true,
    clientModel: String = "my-model",
    upstreamModel: String = "up-model"
) -> TranslationContext {
    TranslationContext(
        clientDialect: client,
        upstreamDialect: upstream,
        clientModel: clientModel,
        upstreamModel: upstreamModel,
        wantsStream: streams,
        ids: CountingIDs(),
        createdAt: 1_755_000_000
    )
}

/// What a request became.
struct Translated {
    var bytes: [UInt8]
    var context: TranslationContext

    var text: String { String(decoding: bytes, as: UTF8.self) }
    func root() throws -> JSONValue { try JSONDocument.parse(bytes).root }
}

func translate(
    _ body: String,
    _ client: Dialect,
    _ upstream: Dialect,
    streams: Bool = false,
    profile change: (inout TargetProfile) -> Void = { _ in }
) throws -> Translated {
    var profile = TargetProfile(upstream)
    change(&profile)
    var context = makeContext(client, upstream, streams: streams)
    let bytes = try RequestTranslator.translate(
        try json(body),
        profile: profile,
        context: &context,
        upstreamStreams: streams
    )
    return Translated(bytes: bytes, context: context)
}

/// The outcome of relaying an answer.
struct Relayed: Equatable {
    var out: String
    var failure: Failure?
    var isComplete: Bool
    var hasContent: Bool
    var usage: Usage
    var stopReason: StopReason?
    var calls: ToolCallReport?
}

/// Relays an answer in the given pieces.
func relay(
    _ chunks: [[UInt8]],
    _ context: TranslationContext,
    contentType: String? = "text/event-stream",
    cleanEnd: Bool = true,
    profile change: (inout TargetProfile) -> Void = { _ in }
) -> Relayed {
    var context = context
    context.ids = CountingIDs()
    context.stopwatch = SteppingStopwatch()
    var profile = TargetProfile(context.upstreamDialect)
    change(&profile)
    var relay = AnswerRelay(context: context, profile: profile, upstreamContentType: contentType)
    var out: [UInt8] = []
    for chunk in chunks { relay.receive(chunk, into: &out) }
    relay.finish(cleanEnd: cleanEnd, into: &out)
    return Relayed(
        out: String(decoding: out, as: UTF8.self),
        failure: relay.failure,
        isComplete: relay.isComplete,
        hasContent: relay.hasMeaningfulContent,
        usage: relay.usage,
        stopReason: relay.stopReason,
        calls: relay.toolCallReport
    )
}

func relay(
    _ text: String,
    _ context: TranslationContext,
    contentType: String? = "text/event-stream",
    cleanEnd: Bool = true,
    profile change: (inout TargetProfile) -> Void = { _ in }
) -> Relayed {
    relay([Array(text.utf8)], context, contentType: contentType, cleanEnd: cleanEnd, profile: change)
}

extension String {
    /// The frames of an event stream, without their blank lines.
    var frames: [String] { components(separatedBy: "\n\n").filter { !$0.isEmpty } }

    /// The data of all frames of an event stream.
    var frameData: [String] {
        frames.compactMap { frame in
            frame.components(separatedBy: "\n").first { $0.hasPrefix("data: ") }.map { String($0.dropFirst(6)) }
        }
    }
}

/// Chat chunks as vendors send them.
func chunk(_ delta: String, finish: String? = nil, extra: String = "") -> String {
    let reason = finish.map { "\"\($0)\"" } ?? "null"
    return
        #"data: {"id":"chatcmpl-up","object":"chat.completion.chunk","created":1754000000,"model":"up-model","choices":[{"index":0,"delta":"#
        + delta + #","finish_reason":"# + reason + "}]\(extra)}\n\n"
}

/// A chunk of a Gemini stream; `rest` follows the candidate's content.
func geminiChunk(_ parts: String, _ rest: String = "", extra: String = "") -> String {
    #"data: {"candidates":[{"content":{"parts":["# + parts + #"],"role":"model"},"index":0"# + rest + "}]" + extra
        + #","modelVersion":"up-model","responseId":"r-up"}"# + "\r\n\r\n"
}

/// An Anthropic event.
func event(_ type: String, _ rest: String = "") -> String {
    "event: \(type)\ndata: {\"type\":\"\(type)\"\(rest.isEmpty ? "" : ",")\(rest)}\n\n"
}

let messageStart = event(
    "message_start",
    #""message":{"id":"msg_up","type":"message","role":"assistant","model":"up-model","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}"#
)

func messageEnd(_ reason: String, output: Int = 15) -> String {
    event(
        "message_delta",
        #""delta":{"stop_reason":"\#(reason)","stop_sequence":null},"usage":{"output_tokens":\#(output)}"#
    )
        + event("message_stop")
}

func textBlock(_ index: Int, _ texts: [String]) -> String {
    event("content_block_start", #""index":\#(index),"content_block":{"type":"text","text":""}"#)
        + texts.map {
            event("content_block_delta", #""index":\#(index),"delta":{"type":"text_delta","text":"\#($0)"}"#)
        }.joined()
        + event("content_block_stop", #""index":\#(index)"#)
}

func toolBlock(_ index: Int, id: String, name: String, _ parts: [String]) -> String {
    event(
        "content_block_start",
        #""index":\#(index),"content_block":{"type":"tool_use","id":"\#(id)","name":"\#(name)","input":{}}"#
    )
        + parts.map { part in
            let text = JSONLiteral.string(part)
            return event(
                "content_block_delta",
                #""index":\#(index),"delta":{"type":"input_json_delta","partial_json":"#
                    + String(decoding: text, as: UTF8.self)
                    + "}"
            )
        }.joined()
        + event("content_block_stop", #""index":\#(index)"#)
}
