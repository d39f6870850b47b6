import TimeCore

/// The binary form of a record in the journal: a version, flags, numbers as variable-length integers, texts with
/// their length; nil is 0. `JournalEntry` reads it.
extension UsageRecord {
    static let version: UInt8 = 1
    /// Texts come from clients and upstreams; longer ones are cut.
    static let textLimit = 1024

    /// Lends the record as one journal frame, with figures a database can sum.
    ///
    /// Written on the stack, because every request pays for it; only records with very long texts take memory.
    borrowing func withFrame<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let usual = withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 8) { buffer in
            frame(in: buffer).map(body)
        }
        if let usual { return usual }
        return withUnsafeTemporaryAllocation(byteCount: JournalFrame.headerCount + 32 * Self.textLimit, alignment: 8) {
            guard let frame = frame(in: $0) else { preconditionFailure("the limits of texts limit the frame") }
            return body(frame)
        }
    }

    /// Nil when the buffer is too small.
    private borrowing func frame(in buffer: UnsafeMutableRawBufferPointer) -> UnsafeRawBufferPointer? {
        var writer = FrameWriter(buffer)
        writer.put(Self.version)
        writer.put(flags)
        writer.put(timestamp.milliseconds < 0 ? 0 : Int(timestamp.milliseconds))
        writer.put(status)
        writer.put(latencyMs)
        writer.put(ttftMs)
        writer.put(Self.sane(input))
        writer.put(Self.sane(output))
        writer.put(Self.sane(cacheRead))
        writer.put(Self.sane(cacheWrite))
        writer.put(Self.sane(reasoning))
        writer.put(saneCost)
        putTexts(&writer)
        return writer.finish()
    }

    /// One by one, in the order of `JournalEntry.Text`: an array of them would cost more than all of the writing.
    private borrowing func putTexts(_ writer: inout FrameWriter) {
        writer.put(requestID)
        writer.put(method)
        writer.put(cacheSource)
        writer.put(provider)
        writer.put(model)
        writer.put(requestedModel)
        writer.put(connectionID)
        writer.put(apiKeyID)
        writer.put(apiKeyName)
        writer.put(serviceTier)
        writer.put(errorCode)
        writer.put(errorSummary)
        writer.put(comboName)
        writer.put(comboStepID)
        writer.put(sourceFormat)
        writer.put(targetFormat)
        writer.put(path)
        writer.put(account)
        writer.put(requestType)
    }

    private var flags: UInt8 {
        (estimated ? 1 : 0) | (success ? 2 : 0) | (stream ? 4 : 0) | (isLogged ? 8 : 0) | (isCounted ? 16 : 0)
    }
}

/// Writes a frame into a buffer; what does not fit makes the whole frame fail.
private struct FrameWriter {
    private let buffer: UnsafeMutableRawBufferPointer
    private var count = JournalFrame.headerCount
    private var isFull = false

    /// The buffer has room for the header at least.
    init(_ buffer: UnsafeMutableRawBufferPointer) { self.buffer = buffer }

    /// The complete frame; nil when the buffer was too small.
    func finish() -> UnsafeRawBufferPointer? {
        guard !isFull else { return nil }
        let frame = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        JournalFrame.finish(frame)
        return UnsafeRawBufferPointer(frame)
    }

    @inline(__always)
    private mutating func hasRoom(_ needed: Int) -> Bool {
        if needed > buffer.count - count { isFull = true }
        return !isFull
    }

    @inline(__always)
    mutating func put(_ byte: UInt8) {
        guard hasRoom(1) else { return }
        buffer[count] = byte
        count += 1
    }

    mutating func put(_ number: Int?) {
        guard hasRoom(10) else { return }
        var rest = number.map { UInt64(clamping: min($0, Int.max - 1)) + 1 } ?? 0
        while rest >= 0x80 {
            buffer[count] = UInt8(truncatingIfNeeded: rest) | 0x80
            count += 1
            rest >>= 7
        }
        buffer[count] = UInt8(truncatingIfNeeded: rest)
        count += 1
    }

    mutating func put(_ number: Double?) {
        guard let number else { return put(UInt8(0)) }
        put(UInt8(1))
        guard hasRoom(8) else { return }
        buffer.storeBytes(of: number.bitPattern.littleEndian, toByteOffset: count, as: UInt64.self)
        count += 8
    }

    mutating func put(_ text: String?) {
        guard let text else { return put(UInt8(0)) }
        let isPut: Void? = text.utf8.withContiguousStorageIfAvailable { put(UnsafeRawBufferPointer($0)) }
        if isPut == nil { Array(text.utf8).withUnsafeBytes { put($0) } }
    }

    @inline(__always)
    private mutating func put(_ text: UnsafeRawBufferPointer) {
        let length = Self.cut(text)
        put(length)
        guard hasRoom(length), let target = buffer.baseAddress, let source = text.baseAddress else { return }
        (target + count).copyMemory(from: source, byteCount: length)
        count += length
    }

    /// How much of a text is kept: never half a character.
    @inline(__always)
    private static func cut(_ text: UnsafeRawBufferPointer) -> Int {
        guard text.count > UsageRecord.textLimit else { return text.count }
        var end = UsageRecord.textLimit
        while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
        return end
    }
}
