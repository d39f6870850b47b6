import JSONCore

@testable import Dialects

/// Time that passes by a millisecond whenever somebody looks.
final class SteppingStopwatch: Stopwatch {
    private let ids = CountingIDs()

    var nanoseconds: Int { (Int(ids.characters(0)) ?? 1) * 1_000_000 }
}

/// A line as Ollama sends it.
func line(_ message: String, _ rest: String = #""done":false"#) -> String {
    #"{"model":"up-model","created_at":"2025-08-12T12:00:00.123456Z","message":{"role":"assistant",\#(message)},\#(rest)}"#
        + "\n"
}

/// Ollama's last line.
func doneLine(_ reason: String = "stop", output: Int = 15) -> String {
    line(
        #""content":"""#,
        #""done":true,"done_reason":"\#(reason)","total_duration":9000,"load_duration":1000,"prompt_eval_count":25,"prompt_eval_duration":3000,"eval_count":\#(output),"eval_duration":5000"#
    )
}

extension String {
    /// The objects of a stream of lines; fails when a line is none.
    func objects() throws -> [JSONValue] {
        try split(separator: "\n").map { try JSONDocument.parse(text: String($0)).root }
    }
}

extension Dialect {
    /// The content type of the dialect's streams.
    var streamType: String { framing(.standard).contentType }

    /// How its fixtures of streams end.
    var streamSuffix: String { self == .ollama ? ".ndjson" : ".sse" }
}
