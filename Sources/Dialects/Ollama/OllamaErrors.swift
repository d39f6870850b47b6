import JSONCore

/// Failures as Ollama spells them: one line of text.
enum OllamaErrors {
    /// Ollama's clients know the usual statuses only.
    static func status(of failure: Failure) -> Int {
        switch failure.status {
        case 422: 400
        case 529: 503
        default: failure.status
        }
    }

    static func body(_ failure: Failure) -> [UInt8] { object(failure) }

    private static func object(_ failure: Failure, isInStream: Bool = false) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("error", failure.message)
        if isInStream { StreamEnding.write(failure, to: &writer) }
        writer.endObject()
        return writer.bytes
    }

    static func writeLine(_ failure: Failure, into out: inout [UInt8]) {
        out.append(contentsOf: object(failure, isInStream: true))
        out.append("\n")
    }
}
