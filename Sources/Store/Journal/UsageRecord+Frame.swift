import TimeCore

/// The binary form of a record in the journal: a version, flags, numbers as variable-length integers, texts with
/// their length; nil is 0. Short, and written without any allocation but the growth of the buffer.
extension UsageRecord {
    private static let version: UInt8 = 1
    /// Texts come from clients and upstreams; longer ones are cut.
    private static let textLimit = 1024

    /// Appends the record as one journal frame, with figures a database can sum.
    func appendFrame(to bytes: inout [UInt8]) {
        let start = bytes.count
        JournalFrame.begin(&bytes)
        bytes.append(Self.version)
        bytes.append(flags)
        put(timestamp.milliseconds < 0 ? 0 : Int(timestamp.milliseconds), &bytes)
        put(status, &bytes)
        put(latencyMs, &bytes)
        put(ttftMs, &bytes)
        put(Self.sane(input), &bytes)
        put(Self.sane(output), &bytes)
        put(Self.sane(cacheRead), &bytes)
        put(Self.sane(cacheWrite), &bytes)
        put(Self.sane(reasoning), &bytes)
        put(saneCost, &bytes)
        put(requestID, &bytes)
        put(method, &bytes)
        put(cacheSource, &bytes)
        putTexts(&bytes)
        JournalFrame.finish(&bytes, from: start)
    }

    /// One by one: an array of them would cost more than all of the writing.
    private func putTexts(_ bytes: inout [UInt8]) {
        put(provider, &bytes)
        put(model, &bytes)
        put(requestedModel, &bytes)
        put(connectionID, &bytes)
        put(apiKeyID, &bytes)
        put(apiKeyName, &bytes)
        put(serviceTier, &bytes)
        put(errorCode, &bytes)
        put(errorSummary, &bytes)
        put(comboName, &bytes)
        put(comboStepID, &bytes)
        put(sourceFormat, &bytes)
        put(targetFormat, &bytes)
        put(path, &bytes)
        put(account, &bytes)
        put(requestType, &bytes)
    }

    private var flags: UInt8 {
        (estimated ? 1 : 0) | (success ? 2 : 0) | (stream ? 4 : 0) | (isLogged ? 8 : 0) | (isCounted ? 16 : 0)
    }

    private func put(_ number: Int?, _ bytes: inout [UInt8]) {
        var rest = number.map { UInt64(clamping: min($0, Int.max - 1)) + 1 } ?? 0
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    private func put(_ number: Double?, _ bytes: inout [UInt8]) {
        guard let number else {
            bytes.append(0)
            return
        }
        bytes.append(1)
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: number.bitPattern >> shift))
        }
    }

    private func put(_ text: String?, _ bytes: inout [UInt8]) {
        guard let text else {
            bytes.append(0)
            return
        }
        let count = text.utf8.count
        guard count <= Self.textLimit else {
            put(Self.textLimit, &bytes)
            bytes.append(contentsOf: text.utf8.prefix(Self.textLimit))
            return
        }
        // Much faster than a prefix, which is copied byte by byte.
        put(count, &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    // MARK: - Reading

    /// Reads a payload; nil when it was written by another version or makes no sense.
    init?(payload: ArraySlice<UInt8>) {
        var reader = Reader(bytes: payload)
        guard reader.byte() == Self.version, let flags = reader.byte(), let milliseconds = reader.number(),
            let status = reader.number(), let latency = reader.number()
        else { return nil }
        let numbers = (0..<6).map { _ in reader.number() }
        let cost = reader.double()
        guard let requestID = reader.text() else { return nil }
        let method = reader.text() ?? "POST"
        let cacheSource = reader.text() ?? "upstream"
        let texts = (0..<16).map { _ in reader.text() }
        guard !reader.isBroken else { return nil }
        self.init(
            requestID: requestID,
            timestamp: WallTime(milliseconds: Int64(milliseconds)),
            provider: texts[0],
            model: texts[1],
            requestedModel: texts[2],
            connectionID: texts[3],
            apiKeyID: texts[4],
            apiKeyName: texts[5],
            input: numbers[1],
            output: numbers[2],
            cacheRead: numbers[3],
            cacheWrite: numbers[4],
            reasoning: numbers[5],
            costUSD: cost,
            estimated: flags & 1 != 0,
            serviceTier: texts[6],
            status: status,
            success: flags & 2 != 0,
            latencyMs: latency,
            ttftMs: numbers[0],
            errorCode: texts[7],
            errorSummary: texts[8],
            comboName: texts[9],
            comboStepID: texts[10],
            sourceFormat: texts[11],
            targetFormat: texts[12],
            stream: flags & 4 != 0,
            method: method,
            path: texts[13],
            account: texts[14],
            cacheSource: cacheSource,
            requestType: texts[15],
            isLogged: flags & 8 != 0,
            isCounted: flags & 16 != 0
        )
    }

    private struct Reader {
        var bytes: ArraySlice<UInt8>
        var isBroken = false

        mutating func byte() -> UInt8? {
            guard let byte = bytes.popFirst() else {
                isBroken = true
                return nil
            }
            return byte
        }

        mutating func number() -> Int? {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while let byte = byte() {
                guard shift < 63 else { break }
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
            for shift in stride(from: UInt64(0), to: 64, by: 8) { pattern |= UInt64(byte() ?? 0) << shift }
            return isBroken ? nil : Double(bitPattern: pattern)
        }

        mutating func text() -> String? {
            guard let count = number() else { return nil }
            guard count <= bytes.count else {
                isBroken = true
                return nil
            }
            defer { bytes = bytes.dropFirst(count) }
            return String(decoding: bytes.prefix(count), as: UTF8.self)
        }
    }
}
