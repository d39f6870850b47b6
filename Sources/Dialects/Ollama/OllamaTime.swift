import TimeCore

/// Points in time as Ollama writes them.
enum OllamaTime {
    /// RFC 3339 in UTC of so many seconds since 1970.
    static func text(_ seconds: Int) -> String {
        let (milliseconds, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000)
        // The clock shows whole seconds, so that the fraction says nothing.
        return WallTime(milliseconds: isTooLarge ? 0 : Int64(milliseconds)).iso8601.prefix(19) + "Z"
    }
}
