import JSONCore

/// What the error event of a stream tells programs, whatever the dialect: no status line can tell it any more.
enum StreamEnding {
    static func write(_ failure: Failure, to writer: inout JSONWriter) {
        writer.member("retryable", failure.isRetryable)
        writer.member("reason", failure.reason)
    }
}
