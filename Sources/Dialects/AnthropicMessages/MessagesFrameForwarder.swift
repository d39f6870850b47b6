import JSONCore

/// Passes Anthropic's frames on to an Anthropic client.
///
/// Edited are the model's name and rewritten tool names; frames without an `event:` line get one, because clients dispatch on it.
final class MessagesFrameForwarder: FrameForwarder {
    private let context: TranslationContext
    private let model: [UInt8]
    /// The last frame, which waits until the answer is known to be complete.
    private var stop: JSONValue?

    init(context: TranslationContext) {
        self.context = context
        model = JSONLiteral.string(context.clientModel)
    }

    func forward(_ frame: StreamFrame, into out: inout [UInt8]) {
        switch frame.content {
        case .comment(let text): FrameWriting.comment(text, to: &out)
        case .json(let event): forward(event, name: frame.name, into: &out)
        }
    }

    private func forward(_ event: JSONValue, name: String?, into out: inout [UInt8]) {
        let type = MessagesEventType(event, name: name)
        guard type != .messageStop else {
            stop = event
            return
        }
        FrameWriting.begin(name: name ?? event["type"]?.string, to: &out)
        switch type {
        case .messageStart:
            let place = event["message"]?["model"]?.range
            return FrameWriting.data(of: event.document, replacing: place, with: model, to: &out)
        case .contentBlockStart where !context.toolNames.isEmpty:
            if let block = event["content_block"], block["type"]?.equals("tool_use") == true,
                let value = block["name"], let tool = value.string
            {
                let mapped = JSONLiteral.string(context.toolNames.client(tool))
                return FrameWriting.data(of: event.document, replacing: value.range, with: mapped, to: &out)
            }
        default: break
        }
        FrameWriting.data(event.document.bytes, to: &out)
    }

    func fail(_ failure: Failure, into out: inout [UInt8]) {
        MessagesErrors.writeEvent(failure, into: &out)
    }

    func writeKeepAlive(into out: inout [UInt8]) {
        MessagesCodec.writeKeepAlive(context, into: &out)
    }

    func finish(reason: StopReason, usage: Usage, into out: inout [UInt8]) {
        FrameWriting.begin(name: "message_stop", to: &out)
        FrameWriting.data(stop?.document.bytes ?? Array(#"{"type":"message_stop"}"#.utf8), to: &out)
    }
}
