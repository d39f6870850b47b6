@testable import Store

extension UsageRecord {
    /// The whole record of a payload.
    init?(payload: ArraySlice<UInt8>) {
        let bytes = Array(payload)
        guard let entry = JournalEntry(bytes.indices, of: bytes) else { return nil }
        func text(_ text: JournalEntry.Text) -> String? { bytes.withUnsafeBytes { entry.string(text, in: $0) } }
        self.init(
            requestID: text(.requestID) ?? "",
            timestamp: entry.timestamp,
            provider: text(.provider),
            model: text(.model),
            requestedModel: text(.requestedModel),
            connectionID: text(.connectionID),
            apiKeyID: text(.apiKeyID),
            apiKeyName: text(.apiKeyName),
            input: entry.input,
            output: entry.output,
            cacheRead: entry.cacheRead,
            cacheWrite: entry.cacheWrite,
            reasoning: entry.reasoning,
            costUSD: entry.costUSD,
            estimated: entry.estimated,
            serviceTier: text(.serviceTier),
            status: entry.status,
            success: entry.success,
            latencyMs: entry.latencyMs,
            ttftMs: entry.ttftMs,
            errorCode: text(.errorCode),
            errorSummary: text(.errorSummary),
            comboName: text(.comboName),
            comboStepID: text(.comboStepID),
            sourceFormat: text(.sourceFormat),
            targetFormat: text(.targetFormat),
            stream: entry.stream,
            method: text(.method) ?? "",
            path: text(.path),
            account: text(.account),
            cacheSource: text(.cacheSource) ?? "",
            requestType: text(.requestType),
            isLogged: entry.isLogged,
            isCounted: entry.isCounted
        )
    }
}
