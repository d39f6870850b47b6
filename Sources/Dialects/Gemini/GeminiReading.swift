import CryptoCore
import JSONCore

extension JSONValue {
    /// A member in either of the spellings that the JSON form of protocol buffers allows.
    func present(_ camel: StaticString, or snake: StaticString) -> JSONValue? { present(camel) ?? present(snake) }
}

/// Why Gemini's answers end.
enum GeminiFinishReason {
    /// The default of the field, which says nothing.
    static let unspecified = "FINISH_REASON_UNSPECIFIED"

    /// The reason that a candidate gives.
    static func of(_ candidate: JSONValue) -> String? {
        guard let reason = candidate.present("finishReason", or: "finish_reason")?.string, !reason.isEmpty else {
            return nil
        }
        return reason
    }

    static func read(_ reason: String) -> StopReason {
        switch reason {
        case "STOP": .stop
        case "MAX_TOKENS": .length
        case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII": .contentFilter(reason)
        case _ where reason.hasPrefix("IMAGE_"): .contentFilter(reason)
        case "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MISSING_THOUGHT_SIGNATURE":
            .malformedToolCall
        default: .other(reason)
        }
    }

    static func write(_ reason: StopReason) -> StaticString {
        switch reason {
        case .stop, .stopSequence, .toolCalls, .pause: "STOP"
        case .length, .contextLength: "MAX_TOKENS"
        case .contentFilter, .refusal: "SAFETY"
        case .malformedToolCall: "MALFORMED_FUNCTION_CALL"
        case .other, .cancelled: "OTHER"
        }
    }
}

/// Usage as Gemini writes it.
enum GeminiUsage {
    static func read(_ json: JSONValue) -> Usage {
        var usage = Usage()
        let prompt = count(json.present("promptTokenCount", or: "prompt_token_count"))
        let toolUse = count(json.present("toolUsePromptTokenCount", or: "tool_use_prompt_token_count"))
        let thoughts = count(json.present("thoughtsTokenCount", or: "thoughts_token_count"))
        usage.cacheRead = count(json.present("cachedContentTokenCount", or: "cached_content_token_count"))
        usage.input = prompt.map { max(0, $0 &- (usage.cacheRead ?? 0)) &+ (toolUse ?? 0) }
        usage.reasoning = thoughts
        if let candidates = count(json.present("candidatesTokenCount", or: "candidates_token_count")) {
            usage.output = candidates &+ (thoughts ?? 0)
        } else if let total = count(json.present("totalTokenCount", or: "total_token_count")), let prompt {
            usage.output = max(thoughts ?? 0, total &- prompt &- (toolUse ?? 0))
        } else {
            usage.output = thoughts
        }
        usage.audioInput = audio(json.present("promptTokensDetails", or: "prompt_tokens_details"))
        usage.audioOutput = audio(json.present("candidatesTokensDetails", or: "candidates_tokens_details"))
        return usage
    }

    private static func count(_ json: JSONValue?) -> Int? { json?.int.map { max(0, min($0, 1 << 40)) } }

    private static func audio(_ details: JSONValue?) -> Int? {
        let entry = details?.elements.first { $0["modality"]?.equals("AUDIO") == true }
        return count(entry?.present("tokenCount", or: "token_count"))
    }

    static func write(_ usage: Usage, to writer: inout JSONWriter) {
        let output = usage.output ?? 0
        let reasoning = min(usage.reasoning ?? 0, output)
        writer.beginObject()
        writer.member("promptTokenCount", usage.totalInput)
        if let cached = usage.cacheRead, cached > 0 { writer.member("cachedContentTokenCount", cached) }
        writer.member("candidatesTokenCount", output - reasoning)
        if reasoning > 0 { writer.member("thoughtsTokenCount", reasoning) }
        writer.member("totalTokenCount", usage.totalInput &+ output)
        writer.endObject()
    }
}

/// `thoughtSignature`: Gemini's own as it is, those of other families as the base64 of their carrier.
enum GeminiSignature {
    static func read(_ part: JSONValue, native family: SignatureFamily) -> Signature? {
        guard let text = part.present("thoughtSignature", or: "thought_signature")?.text, !text.isEmpty else {
            return nil
        }
        // The beginning is enough to tell a carrier or one of the values that sign nothing from a signature.
        if let plain = plainText(text) { return Signature.read(JSONText(plain), native: family) }
        return Signature.read(text, native: family)
    }

    static func text(of signature: Signature) -> JSONText {
        guard signature.family != .gemini else { return signature.data }
        return JSONText(rawEscaped: Base64.encode(Array(signature.carrier.string.utf8)))
    }

    /// What base64 stands for, if that is a text of ours or one that switches the check of signatures off.
    private static func plainText(_ text: JSONText) -> String? {
        var bytes: [UInt8] = []
        text.appendUnescaped(to: &bytes)
        let head = Base64.decode(bytes[...].prefix(8))
        guard head.starts(with: "omr1.".utf8) || head.starts(with: "skip_t".utf8) || head.starts(with: "contex".utf8)
        else { return nil }
        return GeminiBase64.decode(bytes).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Base64 in the forms in which JSON of protocol buffers has bytes: either alphabet, padded or not.
enum GeminiBase64 {
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var clean: [UInt8] = []
        clean.reserveCapacity(text.count)
        for byte in text where byte > 0x20 && byte != UInt8(ascii: "=") {
            switch byte {
            case UInt8(ascii: "+"): clean.append(UInt8(ascii: "-"))
            case UInt8(ascii: "/"): clean.append(UInt8(ascii: "_"))
            default: clean.append(byte)
            }
        }
        return Base64URL.decode(String(decoding: clean, as: UTF8.self))
    }
}

/// Files that Gemini reads by their address: those in Google's stores and videos on YouTube.
enum GeminiFiles {
    static func isStored(_ url: JSONText) -> Bool {
        guard url.utf8Count < 4_096 else { return false }
        let text = url.string
        return text.hasPrefix("gs://") || text.hasPrefix("https://generativelanguage.googleapis.com/")
    }

    static func isVideo(_ url: JSONText) -> Bool {
        guard url.utf8Count < 4_096 else { return false }
        let text = url.string
        let places = [
            "https://www.youtube.com/", "https://youtube.com/", "https://m.youtube.com/", "https://youtu.be/",
        ]
        return places.contains { text.hasPrefix($0) }
    }
}

extension TargetProfile {
    /// Whether the target is a model of Gemini's third generation: it demands signatures in the current turn, and takes
    /// its own tools beside functions.
    var isThirdGemini: Bool { reasoningStyle == .geminiLevel }
}

extension Dialect {
    /// Whether the dialect's calls carry signatures themselves; to others a signature is thinking in front of the call.
    var signsCalls: Bool { self == .gemini || self == .openAIChat }
}
