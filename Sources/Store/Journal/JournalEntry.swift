import TimeCore

/// One record in a piece of a journal file: its numbers, and where in the piece its texts are.
///
/// Texts go from the file into the database as they are, so that no string is made of them.
struct JournalEntry: Sendable {
    /// The texts of a record in the order they are written.
    enum Text: Int, CaseIterable {
        case requestID, method, cacheSource, provider, model, requestedModel, connectionID, apiKeyID, apiKeyName
        case serviceTier, errorCode, errorSummary, comboName, comboStepID, sourceFormat, targetFormat
        case path, account, requestType
    }

    /// Where the payload is in the piece; its header lies before it.
    let payload: Range<Int>
    /// Provider, model, requested model, connection and key, with the lengths between them: what is the same for
    /// records that are summed up together.
    let names: Range<Int>

    let timestamp: WallTime
    let status: Int
    let latencyMs: Int
    let ttftMs: Int?
    /// Input tokens that had to do with no cache.
    let input: Int?
    let output: Int?
    let cacheRead: Int?
    let cacheWrite: Int?
    let reasoning: Int?
    let costUSD: Double?
    private let flags: UInt8
    private let texts: [19 of Place]

    private struct Place: BitwiseCopyable, Sendable {
        var start: Int32 = 0
        /// -1 for nil.
        var count: Int32 = -1
    }

    var estimated: Bool { flags & 1 != 0 }
    var success: Bool { flags & 2 != 0 }
    var stream: Bool { flags & 4 != 0 }
    var isLogged: Bool { flags & 8 != 0 }
    var isCounted: Bool { flags & 16 != 0 }

    /// All input tokens, cached ones included, as the original stores them; nil when nothing is known.
    var promptTokens: Int? { UsageRecord.promptTokens(input, cacheRead, cacheWrite) }

    /// Reads a payload; nil when it was written by another version or makes no sense.
    ///
    /// - Parameters:
    ///   - payload: Lies within the piece.
    ///   - bytes: A piece of at most two gigabytes.
    init?(_ payload: Range<Int>, of bytes: [UInt8]) {
        var reader = Reader(bytes: bytes, position: payload.lowerBound, end: payload.upperBound)
        guard reader.byte() == UsageRecord.version else { return nil }
        flags = reader.byte()
        guard let milliseconds = reader.number(), let status = reader.number(), let latency = reader.number() else {
            return nil
        }
        (self.payload, self.status, latencyMs) = (payload, status, latency)
        timestamp = WallTime(milliseconds: Int64(milliseconds))
        ttftMs = reader.number()
        input = UsageRecord.sane(reader.number())
        output = UsageRecord.sane(reader.number())
        cacheRead = UsageRecord.sane(reader.number())
        cacheWrite = UsageRecord.sane(reader.number())
        reasoning = UsageRecord.sane(reader.number())
        costUSD = reader.double()
        var texts: [19 of Place] = .init(repeating: Place())
        var (namesStart, namesEnd) = (0, 0)
        for index in texts.indices {
            if index == Text.provider.rawValue { namesStart = reader.position }
            if let place = reader.text() {
                texts[index] = Place(start: Int32(truncatingIfNeeded: place.lowerBound), count: Int32(place.count))
            }
            if index == Text.apiKeyName.rawValue { namesEnd = reader.position }
        }
        guard !reader.isBroken, texts[Text.requestID.rawValue].count >= 0 else { return nil }
        (self.texts, names) = (texts, namesStart..<namesEnd)
    }

    /// How many texts a record has.
    static let textCount = 19

    /// Where the text of a position is in the piece.
    func range(at index: Int) -> Range<Int>? {
        // Through the span, because a subscript would copy all of them.
        let place = texts.span[index]
        return place.count < 0 ? nil : Int(place.start)..<Int(place.start) + Int(place.count)
    }

    /// A text of its own, for the few places that need one.
    func string(_ text: Text, in bytes: UnsafeRawBufferPointer) -> String? {
        range(at: text.rawValue).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    private struct Reader {
        let bytes: [UInt8]
        var position: Int
        let end: Int
        var isBroken = false

        /// 0 past the end.
        mutating func byte() -> UInt8 {
            guard position < end else {
                isBroken = true
                return 0
            }
            defer { position += 1 }
            return bytes[position]
        }

        mutating func number() -> Int? {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while shift < 63, !isBroken {
                let byte = byte()
                value |= UInt64(byte & 0x7F) << shift
                if byte & 0x80 == 0 { return value == 0 ? nil : Int(clamping: value - 1) }
                shift += 7
            }
            isBroken = true
            return nil
        }

        mutating func double() -> Double? {
            guard byte() == 1 else { return nil }
            var pattern: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 64, by: 8) { pattern |= UInt64(byte()) << shift }
            let number = Double(bitPattern: pattern)
            return number.isFinite ? number : nil
        }

        mutating func text() -> Range<Int>? {
            guard let count = number() else { return nil }
            guard count <= end - position else {
                isBroken = true
                return nil
            }
            defer { position += count }
            return position..<position + count
        }
    }
}
