import JSONCore

/// Passes Gemini's chunks on to a Gemini client, as events or as the elements of an array; edited is the model's name.
final class GeminiFrameForwarder: FrameForwarder {
    private let context: TranslationContext
    private let model: [UInt8]
    private let isArray: Bool
    private var hasElements = false

    init(context: TranslationContext) {
        self.context = context
        isArray = context.layout == .jsonArray
        model = JSONLiteral.string(context.clientModel)
    }

    func forward(_ frame: StreamFrame, into out: inout [UInt8]) {
        // Comments would be damage to clients of Gemini.
        guard case .json(let chunk) = frame.content else { return }
        if chunk.isArray {
            for element in chunk.elements { forward(element, into: &out) }
        } else {
            forward(chunk, into: &out)
        }
    }

    private func forward(_ chunk: JSONValue, into out: inout [UInt8]) {
        let inner = chunk["candidates"] == nil ? chunk.present("response") ?? chunk : chunk
        // An error ends the answer, or comes behind its end.
        guard inner.present("error") == nil else { return }
        let bytes = inner.document.bytes
        let range = inner.range
        let place = inner.present("modelVersion", or: "model_version")?.range ?? range.upperBound..<range.upperBound
        let hasModel = !place.isEmpty
        beginChunk(into: &out)
        let start = out.count
        out.append(contentsOf: bytes[range.lowerBound..<place.lowerBound])
        if hasModel { out.append(contentsOf: model) }
        out.append(contentsOf: bytes[place.upperBound..<range.upperBound])
        // A chunk that came in several lines leaves in one.
        for index in out.indices[start...] where out[index] < 0x20 { out[index] = 0x20 }
        if !isArray { out.append("\r\n\r\n") }
    }

    private func beginChunk(into out: inout [UInt8]) {
        guard isArray else { return out.append("data: ") }
        out.append(hasElements ? ",\r\n" : "[")
        hasElements = true
    }

    func finish(reason: StopReason, usage: Usage, into out: inout [UInt8]) {
        if isArray { out.append("]") }
    }

    func fail(_ failure: Failure, into out: inout [UInt8]) {
        guard isArray else { return GeminiErrors.writeEvent(failure, into: &out) }
        beginChunk(into: &out)
        out.append(contentsOf: GeminiErrors.body(failure, isInStream: true))
        out.append("]")
    }

    func writeKeepAlive(into out: inout [UInt8]) { GeminiCodec.writeKeepAlive(context, into: &out) }
}
