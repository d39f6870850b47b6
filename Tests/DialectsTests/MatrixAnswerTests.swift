import JSONCore
import Testing

@testable import Dialects

@Suite struct `Matrix of answers` {
    /// Larger streams are not replayed byte by byte.
    private static let smallStream = 4 << 10

    private func run(
        _ chunks: [[UInt8]],
        _ input: Matrix.Input,
        _ direction: Direction,
        streams: Bool,
        cleanEnd: Bool = true
    ) -> Relayed {
        var context = makeContext(direction.client, direction.upstream, streams: streams)
        context.estimatedInputTokens = 11
        let type = input.isStream ? direction.upstream.streamType : "application/json"
        return relay(chunks, context, contentType: type, cleanEnd: cleanEnd) { $0 = .vendor(direction.upstream) }
    }

    // MARK: - What the client gets

    @Test(arguments: Direction.all)
    func `an answer becomes the stream that is expected, and that its clients can read`(direction: Direction) throws {
        Matrix.forget(direction, ["streams"])
        for input in try Matrix.answers(direction.upstream) {
            let got = run([input.bytes], input, direction, streams: true)
            if let failure = got.failure, !got.hasContent {
                try checkError(failure, direction, "streams/\(input.name).error.json")
            } else {
                try Matrix.check(
                    Array(got.out.utf8),
                    direction,
                    "streams/\(input.name)\(direction.client.streamSuffix)"
                )
                validate(got, of: input, direction)
            }
        }
    }

    @Test(arguments: Direction.all)
    func `an answer becomes the body that is expected, and that its clients can read`(direction: Direction) throws {
        Matrix.forget(direction, ["bodies"])
        for input in try Matrix.answers(direction.upstream) {
            let got = run([input.bytes], input, direction, streams: false)
            if let failure = got.failure {
                #expect(got.out.isEmpty, "\(direction.folder) \(input.name)")
                try checkError(failure, direction, "bodies/\(input.name).error.json")
                continue
            }
            try Matrix.check(Array(got.out.utf8), direction, "bodies/\(input.name).json")
            // A provider's own body is passed on as it is.
            guard direction.client != direction.upstream || input.isStream else { continue }
            let log = Complaints()
            if let root = Node(parsing: got.out.utf8, "body", log) { direction.client.validator.checkBody(root) }
            #expect(log.texts.isEmpty, "\(direction.folder) \(input.name)")
        }
    }

    private func checkError(_ failure: Failure, _ direction: Direction, _ file: String) throws {
        let (status, body) = ErrorBody.render(failure, dialect: direction.client, requestID: "req_test")
        #expect(status >= 400, "\(direction.folder) \(file)")
        try Matrix.check(body, direction, file)
        let log = Complaints()
        if let root = Node(parsing: body, "error", log) { direction.client.validator.checkError(root) }
        #expect(log.texts.isEmpty, "\(direction.folder) \(file)")
    }

    /// A stream that is only passed on is not made legal, but it must not become illegal.
    private func validate(_ got: Relayed, of input: Matrix.Input, _ direction: Direction, cut: Int? = nil) {
        let log = Complaints()
        let end = direction.client.validator.checkStream(got.out, log)
        let place = "\(direction.folder) \(input.name)" + (cut.map { " cut at \($0)" } ?? "")
        let expected: StreamEnd = got.failure == nil ? .clean : .failed
        if direction.client == direction.upstream, input.isStream {
            let before = Complaints()
            let whole = direction.upstream.validator.checkStream(String(decoding: input.bytes, as: UTF8.self), before)
            guard before.texts.isEmpty, whole == .clean else { return }
        }
        #expect(end == expected, "\(place): \(got.out)")
        #expect(log.texts.isEmpty, "\(place): \(got.out)")
    }

    // MARK: - How the bytes arrive

    @Test(arguments: Direction.all)
    func `an answer is the same byte by byte`(direction: Direction) throws {
        for input in try Matrix.answers(direction.upstream) where input.bytes.count < Self.smallStream {
            let whole = run([input.bytes], input, direction, streams: true)
            let bytes = run(input.bytes.map { [$0] }, input, direction, streams: true)
            #expect(bytes == whole, "\(direction.folder) \(input.name)")
        }
    }

    @Test(arguments: Direction.all, [false, true])
    func `a stream that ends between two events never ends well without a reason`(
        direction: Direction,
        cleanEnd: Bool
    ) throws {
        for input in try Matrix.answers(direction.upstream) where input.isStream {
            let whole = run([input.bytes], input, direction, streams: true)
            for length in Self.boundaries(input.bytes) {
                let part = run([Array(input.bytes[..<length])], input, direction, streams: true, cleanEnd: cleanEnd)
                let place = "\(direction.folder) \(input.name) cut at \(length)"
                if part.failure == nil {
                    // Only the end mark or usage is missing.
                    #expect(part.isComplete && part.stopReason == whole.stopReason, "\(place): \(part.out)")
                    #expect(direction.upstream.saysTheEnd(input.bytes[..<length]), "\(place): \(part.out)")
                }
                if part.hasContent { validate(part, of: input, direction, cut: length) }
            }
        }
    }

    /// The places between two events of a stream.
    private static func boundaries(_ bytes: [UInt8]) -> [Int] {
        let isLineEnd = { (byte: UInt8) in byte == 10 || byte == 13 }
        return bytes.indices.dropFirst().filter { place in
            isLineEnd(bytes[place - 1]) && !isLineEnd(bytes[place])
        }
    }
}

extension Dialect {
    /// Whether a part of a provider's stream tells why the answer ends, as far as its words show.
    fileprivate func saysTheEnd(_ stream: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: stream.filter { $0 != 0x20 }, as: UTF8.self)
        let words =
            switch self {
            case .openAIChat: [#""finish_reason":""#, "[DONE]"]
            case .openAIResponses: ["response.completed", "response.incomplete", "response.done"]
            case .anthropicMessages: [#""stop_reason":""#, "message_stop"]
            case .gemini: ["finishReason", "finish_reason", "blockReason"]
            case .ollama: [#""done":true"#]
            }
        return words.contains { text.contains($0) }
    }
}
