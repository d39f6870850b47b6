import JSONCore
import Testing

@testable import Dialects

/// Events of a random answer, as decoders send them: blocks of all kinds, several of them open at once.
private struct RandomEvents {
    private(set) var events: [AnswerEvent] = [.start(AnswerStart(model: "m", usage: nil))]
    /// Text of the first choice that a client must see, and the ids of its calls in order.
    private(set) var marks: [String] = []
    private(set) var calls: [String] = []
    private var random: SeededRandom
    private var open: [(block: Int, choice: Int, kind: BlockKind, rest: [String])] = []
    private var nextBlock = 0
    private var choices: Set<Int> = []
    private var callers: Set<Int> = []

    init(seed: UInt64) throws {
        random = SeededRandom(seed)
        for _ in 0..<Int.random(in: 3...30, using: &random) { try step() }
        while !open.isEmpty { close() }
        events.append(.usage(Self.usage(4)))
        for choice in choices.union([0]).sorted() {
            events.append(.finish(choice: choice, callers.contains(choice) ? .toolCalls : .stop))
        }
        events.append(.end)
    }

    private static func usage(_ output: Int) -> Usage {
        var usage = Usage()
        (usage.input, usage.output) = (3, output)
        return usage
    }

    private mutating func step() throws {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<3: try begin()
        case 3..<8: say()
        case 8: close()
        default: events.append(Bool.random(using: &random) ? .ping : .usage(Self.usage(2)))
        }
    }

    private mutating func begin() throws {
        let choice = Int.random(in: 0..<8, using: &random) == 0 ? 1 : 0
        let number = nextBlock
        nextBlock += 1
        choices.insert(choice)
        let kind = try kind(number)
        var rest: [String] = []
        if case .toolCall(let id, _, let form) = kind {
            callers.insert(choice)
            if choice == 0 { calls.append(id) }
            let whole = form == .custom ? ["some ", "text"] : [#"{"a":"#, "\(number)", "}"]
            rest = Bool.random(using: &random) ? whole : [whole.joined()]
            if form == .function, Bool.random(using: &random) { rest = [] }
        }
        events.append(.open(block: number, choice: choice, kind))
        open.append((number, choice, kind, rest))
    }

    private mutating func kind(_ number: Int) throws -> BlockKind {
        let signature = Signature(family: .anthropic, scope: nil, data: "Esig")
        switch Int.random(in: 0..<13, using: &random) {
        case 0..<3: return .text
        case 3..<5: return .thinking
        case 5: return .refusal
        case 6..<9: return .toolCall(id: "call\(number)_", name: "f\(number)", .function)
        case 9: return .toolCall(id: "call\(number)_", name: "f\(number)", .custom)
        case 10: return .redactedThinking(signature)
        case 11: return .webSearch(WebSearchCall(id: "s\(number)", query: "q"))
        default:
            let raw = try json(#"{"type":"server_tool_use","id":"srv\#(number)","name":"x","input":{}}"#)
            return Bool.random(using: &random)
                ? .media(MediaReading.medium(.image, base64: "aGk=", type: "image/png"))
                : .opaque(raw.root, .anthropicMessages)
        }
    }

    private mutating func say() {
        guard let place = open.indices.randomElement(using: &random) else { return }
        let block = open[place].block
        let text = "<\(events.count)>"
        switch open[place].kind {
        case .text: events.append(.text(block, JSONText(text)))
        case .thinking: events.append(.thinking(block, JSONText(text)))
        case .refusal: events.append(.refusal(block, JSONText(text)))
        case .toolCall:
            guard !open[place].rest.isEmpty else { return }
            return events.append(.arguments(block, JSONText(open[place].rest.removeFirst())))
        default: return
        }
        if open[place].choice == 0 { marks.append(text) }
    }

    private mutating func close() {
        guard let place = open.indices.randomElement(using: &random) else { return }
        let block = open.remove(at: place)
        for piece in block.rest { events.append(.arguments(block.block, JSONText(piece))) }
        if case .thinking = block.kind, Bool.random(using: &random) {
            events.append(.signature(block.block, Signature(family: .anthropic, scope: nil, data: "Esig")))
        }
        events.append(.close(block.block))
    }

    /// The events in an order that no decoder may send them in: some lost, repeated, moved, or of no block.
    func disordered() -> [AnswerEvent] {
        var random = random
        var events = events
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            guard let from = events.indices.randomElement(using: &random) else { break }
            let event = events[from]
            switch Int.random(in: 0..<5, using: &random) {
            case 0: events.remove(at: from)
            case 1: events.insert(event, at: Int.random(in: 0...events.count, using: &random))
            case 2: events.insert(events.remove(at: from), at: Int.random(in: 0..<events.count, using: &random))
            case 3:
                let strays: [AnswerEvent] = [
                    .text(from, "stray"), .thinking(from, "stray"), .refusal(99, "stray"), .arguments(from, "{}"),
                    .close(from), .signature(from, .unsigned), .text(99, "stray"), .close(99),
                    .finish(choice: 0, .toolCalls), .finish(choice: 0, .length), .open(block: from, choice: 0, .text),
                ]
                events.insert(strays.randomElement(using: &random) ?? .ping, at: from)
            default:
                events.insert(Int.random(in: 0..<4, using: &random) == 0 ? .error(.endedEarly) : .ping, at: from)
            }
        }
        return events
    }
}

@Suite struct `Encoders` {
    private func encoded(_ events: [AnswerEvent], _ client: Dialect) -> (out: String, end: StreamEnd, faults: [String])
    {
        var context = makeContext(client, client == .openAIChat ? .openAIResponses : .openAIChat)
        context.ids = CountingIDs()
        context.stopwatch = SteppingStopwatch()
        let encoder = client.codec.makeAnswerEncoder(context: context)
        var out: [UInt8] = []
        for event in events { encoder.write(event, into: &out) }
        let text = String(decoding: out, as: UTF8.self)
        let log = Complaints()
        let end = client.validator.checkStream(text, log)
        return (text, end, log.texts)
    }

    @Test(arguments: Dialect.spoken)
    func `every order of events makes a legal stream, which lacks nothing`(client: Dialect) throws {
        for seed in 1...400 as ClosedRange<UInt64> {
            let answer = try RandomEvents(seed: seed)
            let (out, end, faults) = encoded(answer.events, client)
            #expect(end == .clean && faults.isEmpty, "seed \(seed) \(faults): \(answer.events) \(out)")
            let lost = answer.marks.filter { !out.contains($0) }
            #expect(lost.isEmpty, "seed \(seed): \(answer.events) \(out)")
            let places = answer.calls.map { out.firstRange(of: $0)?.lowerBound }
            #expect(!places.contains(nil), "seed \(seed): \(out)")
            #expect(places.compactMap { $0 } == places.compactMap { $0 }.sorted(), "seed \(seed): \(out)")
        }
    }

    @Test(arguments: Dialect.spoken)
    func `an order of events that no decoder may send makes no illegal stream either`(client: Dialect) throws {
        for seed in 1...1_000 as ClosedRange<UInt64> {
            let events = try RandomEvents(seed: seed).disordered()
            var expected = StreamEnd.open
            loop: for event in events {
                switch event {
                case .end: expected = .clean
                case .error: expected = .failed
                default: continue
                }
                break loop
            }
            let (out, end, faults) = encoded(events, client)
            #expect(end == expected, "seed \(seed): \(events) \(out)")
            // Arguments that lack a piece are none, in any order, and what has not ended says no usage.
            var excuses = ["arguments", "is incomplete in a complete response"]
            if expected == .open { excuses.append("usageMetadata") }
            let broken = faults.filter { fault in !excuses.contains { fault.contains($0) } }
            #expect(broken.isEmpty, "seed \(seed) \(broken): \(events) \(out)")
        }
    }
}
