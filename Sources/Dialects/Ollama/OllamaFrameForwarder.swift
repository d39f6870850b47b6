import JSONCore

/// Passes Ollama's lines on to an Ollama client with the model's name edited; the last line waits until the answer is
/// known to be complete.
final class OllamaFrameForwarder: FrameForwarder {
    private let context: TranslationContext
    private let model: [UInt8]
    private var last: JSONValue?

    init(context: TranslationContext) {
        self.context = context
        model = JSONLiteral.string(context.clientModel)
    }

    func forward(_ frame: StreamFrame, into out: inout [UInt8]) {
        guard case .json(let line) = frame.content else { return }
        if line["done"]?.bool == true { last = line } else { write(line, into: &out) }
    }

    private func write(_ line: JSONValue, into out: inout [UInt8]) {
        let bytes = line.document.bytes
        guard let place = line["model"]?.range, !bytes.contains(where: { $0 == 0x0A || $0 == 0x0D }) else {
            return writeAnew(line, into: &out)
        }
        out.append(contentsOf: bytes[..<place.lowerBound])
        out.append(contentsOf: model)
        out.append(contentsOf: bytes[place.upperBound...])
        out.append("\n")
    }

    /// For an object of several lines, or without a model.
    private func writeAnew(_ line: JSONValue, into out: inout [UInt8]) {
        var editor = JSONEditor(line.document)
        editor.setMember("model", of: line, to: model)
        guard let edited = try? JSONDocument.parse(editor.finish()) else { return }
        out.append(contentsOf: JSONCompaction.compact(edited.root))
        out.append("\n")
    }

    func finish(reason: StopReason, usage: Usage, into out: inout [UInt8]) {
        if let last { return write(last, into: &out) }
        // For servers that end without saying so.
        let lines = OllamaLines(context: context)
        lines.writeEnd(reason, usage, OllamaLines.Durations(total: lines.nanoseconds), into: &out)
    }

    func fail(_ failure: Failure, into out: inout [UInt8]) { OllamaErrors.writeLine(failure, into: &out) }

    func writeKeepAlive(into out: inout [UInt8]) { OllamaCodec.writeKeepAlive(context, into: &out) }
}
