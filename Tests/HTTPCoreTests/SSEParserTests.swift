import HTTPCore
import Testing

/// Feeds chunks one after the other and collects everything, the end of the stream included.
func events(
    of chunks: [[UInt8]],
    maximumLine: Int = 8 << 20,
    maximumEvent: Int = 32 << 20
) throws(SSEError) -> [SSEEvent] {
    var parser = SSEParser(maximumLine: maximumLine, maximumEvent: maximumEvent)
    var events: [SSEEvent] = []
    for chunk in chunks {
        parser.append(chunk)
        while let event = try parser.next() { events.append(event) }
    }
    while let event = try parser.finish() { events.append(event) }
    return events
}

func events(of text: String) throws(SSEError) -> [SSEEvent] {
    try events(of: [[UInt8](text.utf8)])
}

/// An event in one line, to be compared: `name|data`, or `:text` for a comment.
func summary(_ event: SSEEvent) -> String {
    let data = String(decoding: event.data, as: UTF8.self)
    return event.isComment ? ":\(data)" : "\(event.name ?? "-")|\(data)"
}

struct StreamCase: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let stream: String
    let expected: [String]

    init(_ name: String, _ stream: String, _ expected: [String]) {
        testDescription = name
        self.stream = stream
        self.expected = expected
    }

    static let all: [StreamCase] = [
        StreamCase("one event", "data: {\"a\":1}\n\n", ["-|{\"a\":1}"]),
        StreamCase("named event", "event: delta\ndata: x\n\n", ["delta|x"]),
        StreamCase("name behind the data", "data: {}\nevent: delta\n\n", ["delta|{}"]),
        StreamCase("the last name counts", "event: a\nevent: b\ndata: x\n\n", ["b|x"]),
        StreamCase("no space", "event:delta\ndata:x\n\n", ["delta|x"]),
        StreamCase("only one space goes", "data:  x\n\n", ["-| x"]),
        StreamCase("CRLF", "event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", ["a|1", "-|2"]),
        StreamCase("CR", "event: a\rdata: 1\r\rdata: 2\r\r", ["a|1", "-|2"]),
        StreamCase("mixed line ends", "data: 1\r\ndata: 2\rdata: 3\n\r\ndata: 4\n\r", ["-|1\n2\n3", "-|4"]),
        StreamCase("byte order mark", "\u{FEFF}data: 1\n\n", ["-|1"]),
        StreamCase("byte order mark later", "data: 1\n\n\u{FEFF}data: 2\n\n", ["-|1"]),
        StreamCase("several data lines", "data: a\ndata\ndata:\ndata: b\n\n", ["-|a\n\n\nb"]),
        StreamCase("empty data", "data\n\ndata:\n\n", ["-|", "-|"]),
        StreamCase("comments", ":\n: ping\n:x\ndata: 1\n\n", [":", ":ping", ":x", "-|1"]),
        StreamCase("comment within an event", "event: a\n: ping\ndata: 1\n\n", [":ping", "a|1"]),
        StreamCase("unknown fields", "id: 1\nretry: 5\nfoo: bar\nfoo\ndata: 1\nx\n\n", ["-|1"]),
        StreamCase("fields of similar names", "dat: 1\ndatax: 2\nDATA: 3\ndata : 4\ndata: 5\n\n", ["-|5"]),
        StreamCase("name without data", "event: a\n\ndata: 1\n\n", ["-|1"]),
        StreamCase("blank lines", "\n\n\r\n\r\rdata: 1\n\n\n\n", ["-|1"]),
        StreamCase(
            "no blank lines",
            "data: {\"a\":\"}\\\"\"}\ndata: {\"b\":[2]}\ndata: [DONE]\n",
            ["-|{\"a\":\"}\\\"\"}", "-|{\"b\":[2]}", "-|[DONE]"]
        ),
        StreamCase("no blank lines but names", "event: a\ndata: {}\nevent: b\ndata: []\n\n", ["a|{}", "b|[]"]),
        StreamCase("null without blank line", "data: null\ndata: {}\n\n", ["-|null", "-|{}"]),
        StreamCase(
            "indented JSON over several lines",
            "data: {\ndata:  \"a\": [\ndata: 1]\ndata: }\n\n",
            ["-|{\n \"a\": [\n1]\n}"]
        ),
        StreamCase("text lines are joined", "data: one\ndata: two {}\n\n", ["-|one\ntwo {}"]),
        StreamCase("text behind JSON is no JSON", "data: {} x\ndata: y\n\n", ["-|{} x\ny"]),
        StreamCase("bare JSON lines", "{\"a\":1}\n{\"b\":2}\n", ["-|{\"a\":1}", "-|{\"b\":2}"]),
        StreamCase("bare JSON with a name", "event: error\n{\"error\":{}}\n\n", ["error|{\"error\":{}}"]),
        StreamCase("end without line end", "data: {\"a\":1}\n\ndata: [DONE]", ["-|{\"a\":1}", "-|[DONE]"]),
        StreamCase("end without line ends twice", "data: {\"a\":1}\ndata: {\"b\":1}", ["-|{\"a\":1}", "-|{\"b\":1}"]),
        StreamCase("end with a name", "event: stop\ndata: {}", ["stop|{}"]),
        StreamCase("cut JSON at the end", "data: {\"a\":1}\n\ndata: {\"a\":", ["-|{\"a\":1}"]),
        StreamCase("cut string at the end", "data: {\"a\":\"}", []),
        StreamCase("cut text at the end", "data: 1\n\ndata: hello", ["-|1"]),
        StreamCase("comment at the end", "data: 1\n\n: bye", ["-|1", ":bye"]),
        StreamCase("other scripts", "event: é\ndata: 你好 👩‍👩‍👧\n\n", ["é|你好 👩‍👩‍👧"]),
        StreamCase("NUL and controls", "data: a\u{0}\u{B}\u{85}b\n\n", ["-|a\u{0}\u{B}\u{85}b"]),
        StreamCase("HTML", "<html>\n<body>no</body>\n</html>\n", []),
        StreamCase("nothing", "", []),
        StreamCase("only line ends", "\r\n\r\n\n\r", []),
    ]
}

struct SSEParserTests {
    @Test(arguments: StreamCase.all)
    func `a stream gives its events`(_ test: StreamCase) throws {
        #expect(try events(of: test.stream).map(summary) == test.expected)
    }

    @Test(arguments: StreamCase.all)
    func `two and three chunks give the same events as one`(_ test: StreamCase) throws {
        let bytes = [UInt8](test.stream.utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let chunks = [[UInt8](bytes[..<first]), [UInt8](bytes[first..<second]), [UInt8](bytes[second...])]
                #expect(try events(of: chunks).map(summary) == test.expected, "cut at \(first) and \(second)")
            }
        }
    }

    @Test func `random cuts of a long stream give the same events`() throws {
        var generator = SplitMix(seed: 7)
        for round in 0..<60 {
            let pieces = (0..<20).compactMap { _ in StreamCase.all.randomElement(using: &generator)?.stream }
            let bytes = [UInt8](pieces.joined(separator: round % 2 == 0 ? "\n\n" : "").utf8)
            let whole = try events(of: [bytes])
            var chunks: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let size = Int.random(in: 1...(round % 3 == 0 ? 1 : 40), using: &generator)
                chunks.append([UInt8](rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            #expect(try events(of: chunks) == whole)
        }
    }

    @Test func `an event is given as soon as its blank line is there`() throws {
        var parser = SSEParser()
        parser.append([UInt8]("data: 1\r".utf8))
        #expect(try parser.next() == nil)
        parser.append([UInt8]("\r".utf8))
        #expect(try parser.next().map(summary) == "-|1")
        parser.append([UInt8]("\ndata: 2\n\n".utf8))
        #expect(try parser.next().map(summary) == "-|2")
        #expect(try parser.next() == nil)
        #expect(try parser.finish() == nil)
    }

    @Test func `bad UTF-8 is passed on and names are mended`() throws {
        let bytes = [UInt8]("event: \u{41}".utf8) + [0xFF, 0x0A] + [UInt8]("data: ".utf8) + [0xC3, 0x28, 0x0A, 0x0A]
        let event = try #require(try events(of: [bytes]).first)
        #expect(event.name == "A\u{FFFD}")
        #expect(event.data == [0xC3, 0x28])
    }

    @Test func `a line at the limit passes and one byte more does not`() throws {
        let fits = [UInt8]("data: \(String(repeating: "x", count: 94))\r\n\r\n".utf8)
        for size in [1, 7, 1000] {
            #expect(try events(of: chunked(fits, size), maximumLine: 100).map(\.data.count) == [94])
            let tooLong = [UInt8]("data: 1\n\n".utf8) + [UInt8](repeating: 0x3A, count: 101) + [0x0A]
            #expect(throws: SSEError(code: .lineTooLong, limit: 100)) {
                try events(of: chunked(tooLong, size), maximumLine: 100)
            }
        }
    }

    @Test func `an event at the limit passes and one byte more does not`() throws {
        let lines = String(repeating: "data: 123456789\n", count: 10)
        #expect(try events(of: chunked([UInt8]((lines + "\n").utf8), 5), maximumEvent: 99).map(\.data.count) == [99])
        #expect(throws: SSEError(code: .eventTooLarge, limit: 98)) {
            try events(of: chunked([UInt8]((lines + "\n").utf8), 5), maximumEvent: 98)
        }
    }

    @Test func `a failed parser stays failed`() {
        var parser = SSEParser(maximumLine: 10)
        parser.append([UInt8](repeating: 0x41, count: 11))
        #expect(throws: SSEError.self) { try parser.next() }
        parser.append([UInt8]("\n\ndata: 1\n\n".utf8))
        #expect(throws: SSEError.self) { try parser.next() }
        #expect(throws: SSEError.self) { try parser.finish() }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["\n", "\r", "\r\n"])
    func `time grows with the length of the stream, not with its square`(_ lineEnd: String) throws {
        let small = "data: x\(lineEnd)\(lineEnd)"
        let many = [UInt8](String(repeating: small, count: 100_000).utf8)
        #expect(try events(of: [many]).count == 100_000)
        let long = [UInt8]("data: \(String(repeating: "x", count: 2_000_000))\(lineEnd)\(lineEnd)".utf8)
        #expect(try events(of: chunked(long, 100)).count == 1)
        let lines = [UInt8](("data: [\(lineEnd)" + String(repeating: "data: {}\(lineEnd)", count: 100_000)).utf8)
        #expect(try events(of: chunked(lines + [UInt8]("data: ]\(lineEnd)\(lineEnd)".utf8), 4096)).count == 1)
    }

    private func chunked(_ bytes: [UInt8], _ size: Int) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: size).map { [UInt8](bytes[$0..<min($0 + size, bytes.count)]) }
    }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
