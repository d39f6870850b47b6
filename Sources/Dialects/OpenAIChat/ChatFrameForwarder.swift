import JSONCore

/// Passes Chat chunks on to a Chat client.
///
/// Edited are the model's name and rewritten tool names. Usage is arranged as the client asked, whatever was asked of
/// the provider: in a chunk of its own, on the finish chunk, or not at all. The finish chunk waits for that.
final class ChatFrameForwarder: FrameForwarder {
    private let context: TranslationContext
    private let model: [UInt8]
    /// The finish chunk, waiting for usage.
    private var held: (name: String?, chunk: JSONValue)?
    private var usage: JSONValue?
    private var hasUsageChunk = false
    private var hasFinished = false
    private var last: JSONValue?

    init(context: TranslationContext) {
        self.context = context
        model = JSONLiteral.string(context.clientModel)
    }

    func forward(_ frame: StreamFrame, into out: inout [UInt8]) {
        switch frame.content {
        case .comment(let text): FrameWriting.comment(text, to: &out)
        case .json(let chunk): forward(chunk, name: frame.name, into: &out)
        }
    }

    private func forward(_ chunk: JSONValue, name: String?, into out: inout [UInt8]) {
        last = chunk
        let choices = chunk["choices"]
        if choices?.isArray == true, choices?.count == 0 {
            guard let found = chunk.present("usage") else { return }
            usage = found
            guard context.includeUsage == true else { return }
            hasUsageChunk = true
        } else {
            releaseHeld(into: &out)
            let isFinish = choices?.elements.contains(where: Self.isFinished) == true
            hasFinished = hasFinished || isFinish
            if context.includeUsage == nil, isFinish {
                held = (name, chunk)
                return
            }
        }
        write(chunk, name: name, into: &out)
    }

    private static func isFinished(_ choice: JSONValue) -> Bool {
        choice.present("finish_reason")?.text?.isEmpty == false
    }

    private func releaseHeld(into out: inout [UInt8]) {
        guard let chunk = held else { return }
        held = nil
        guard let usage, chunk.chunk.present("usage") == nil else {
            return write(chunk.chunk, name: chunk.name, into: &out)
        }
        var editor = JSONEditor(chunk.chunk.document)
        editor.setMember("usage", of: chunk.chunk, to: Array(usage.raw))
        guard let merged = try? JSONDocument.parse(editor.finish()) else { return }
        write(merged.root, name: chunk.name, into: &out)
    }

    private func write(_ chunk: JSONValue, name: String?, into out: inout [UInt8]) {
        guard context.toolNames.isEmpty else { return writeRenamed(chunk, name: name, into: &out) }
        FrameWriting.begin(name: name, to: &out)
        FrameWriting.data(of: chunk.document, replacing: chunk["model"]?.range, with: model, to: &out)
    }

    private func writeRenamed(_ chunk: JSONValue, name: String?, into out: inout [UInt8]) {
        var editor = JSONEditor(chunk.document)
        if let old = chunk["model"] { editor.replace(old, with: model) }
        for choice in chunk["choices"]?.elements ?? JSONDocument.emptyArray.root.elements {
            for call in choice["delta"]?["tool_calls"]?.elements ?? JSONDocument.emptyArray.root.elements {
                guard let value = call["function"]?["name"], let tool = value.string, !tool.isEmpty else { continue }
                let mapped = context.toolNames.client(tool)
                if mapped != tool { editor.replace(value, with: JSONLiteral.string(mapped)) }
            }
        }
        FrameWriting.begin(name: name, to: &out)
        FrameWriting.data(editor.finish(), to: &out)
    }

    func fail(_ failure: Failure, into out: inout [UInt8]) {
        ChatErrors.writeEvent(failure, into: &out)
    }

    func writeKeepAlive(into out: inout [UInt8]) {
        ChatCodec.writeKeepAlive(context, into: &out)
    }

    func finish(reason: StopReason, usage known: Usage, into out: inout [UInt8]) {
        releaseHeld(into: &out)
        if !hasFinished { writeFinish(reason, into: &out) }
        if context.includeUsage == true, !hasUsageChunk { writeUsage(known, into: &out) }
        out.append("data: [DONE]\n\n")
    }

    /// For servers that end without saying why.
    private func writeFinish(_ reason: StopReason, into out: inout [UInt8]) {
        writeChunk(into: &out) { writer in
            writer.beginArray()
            writer.beginObject()
            writer.member("index", 0)
            writer.key("delta")
            writer.beginObject()
            writer.endObject()
            let word = ChatStopReason.write(reason, hasRefusalText: false, usesOldFunctions: false)
            writer.member("finish_reason", literal: word)
            writer.endObject()
            writer.endArray()
        }
    }

    private func writeUsage(_ known: Usage, into out: inout [UInt8]) {
        writeChunk(into: &out) { writer in
            writer.beginArray()
            writer.endArray()
            writer.key("usage")
            ChatUsage.write(known, to: &writer)
        }
    }

    /// Writes a chunk of our own that looks like the provider's; `body` writes `choices` and what follows.
    private func writeChunk(into out: inout [UInt8], _ body: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        writer.beginObject()
        if let id = last?["id"] { writer.member("id", id) }
        writer.member("object", literal: "chat.completion.chunk")
        if let created = last?["created"] {
            writer.member("created", created)
        } else {
            writer.member("created", context.createdAt)
        }
        writer.member("model", context.clientModel)
        writer.key("choices")
        body(&writer)
        writer.endObject()
        FrameWriting.data(writer.bytes, to: &out)
    }
}
