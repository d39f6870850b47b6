import JSONCore

/// What is done about calls whose arguments do not fit the declared schema.
package enum ToolCallPolicy: String, Sendable, Hashable, CaseIterable {
    /// Nothing is looked at.
    case off
    /// Calls are checked and counted, and arrive as the model made them.
    case observe
    /// What is provably meant otherwise is put right as well.
    case repair
}

/// What was found of one answer's calls.
package struct ToolCallReport: Sendable, Hashable {
    /// What can be wrong with a call.
    package enum Fault: String, Sendable, Hashable, CaseIterable {
        /// No such tool was declared.
        case unknownTool
        /// The arguments are no JSON, or end in the middle.
        case malformed
        /// A value is of a type that the schema does not allow.
        case wrongType
        /// A member that the schema does not allow.
        case unknownMember
        case missingMember
        /// A string that is not among the allowed ones.
        case unknownWord
    }

    /// Calls that came to their end.
    package var calls = 0
    /// Calls that fitted as the model made them.
    package var valid = 0
    /// Calls that fit after repair.
    package var repaired = 0
    /// How many calls had each fault, as the model made them.
    package var faults: [Fault: Int] = [:]

    package init() {}

    /// Adds the figures of another answer.
    package mutating func add(_ other: ToolCallReport) {
        calls += other.calls
        valid += other.valid
        repaired += other.repaired
        faults.merge(other.faults, uniquingKeysWith: +)
    }
}

/// Compares the calls of an answer with the tools that the client declared, as their arguments arrive.
///
/// Made for one answer; either an observer or a filter. As an observer it changes nothing; as a filter it sends repaired arguments on. What may be the end
/// of a call that was cut off is held back until the reason for the answer's end is known: an answer that the token
/// limit cut must not look complete.
final class ToolCallGuard: AnswerFilter {
    private struct Call {
        var isDeclared: Bool
        var isRenamed = false
        var arguments: ArgumentsMender
    }

    /// More than this does not wait for the reason of the end.
    private static let heldLimit = 1 << 20

    private let tools: ToolDeclarations
    private let repairs: Bool
    private var calls: [Int: Call] = [:]
    /// Calls whose arguments ended in the middle, until it is known why.
    private var unfinished: [Int] = []
    /// What follows the end of such a call.
    private var held: [AnswerEvent] = []
    private var heldSize = 0
    private(set) var report = ToolCallReport()

    init(_ tools: ToolDeclarations, repairs: Bool) {
        (self.tools, self.repairs) = (tools, repairs)
    }

    // MARK: - Observing

    /// Looks at an event that goes on as it is.
    func observe(_ event: AnswerEvent) {
        switch event {
        case .open(let block, _, .toolCall(_, let name, let kind)): open(block, name, kind)
        case .arguments(let block, let text): _ = feed(text, of: block)
        case .close(let block):
            guard let call = calls[block] else { return }
            if call.arguments.isAtEnd { _ = finish(block) } else { unfinished.append(block) }
        case .finish(_, let reason):
            if !reason.cutsOff { for block in unfinished { _ = finish(block) } }
            unfinished = []
        default: break
        }
    }

    // MARK: - Repairing

    func apply(to events: inout [AnswerEvent]) {
        var out: [AnswerEvent] = []
        out.reserveCapacity(events.count)
        for event in events { apply(event, to: &out) }
        events = out
    }

    private func apply(_ event: AnswerEvent, to out: inout [AnswerEvent]) {
        switch event {
        case .finish(_, let reason):
            release(isCutOff: reason.cutsOff, to: &out)
            out.append(event)
        case .error, .end:
            release(isCutOff: true, to: &out)
            out.append(event)
        case .ping: out.append(event)
        default: if unfinished.isEmpty { pass(event, to: &out) } else { hold(event, to: &out) }
        }
    }

    /// Lets an event wait; what grows too large is a call that was cut off.
    private func hold(_ event: AnswerEvent, to out: inout [AnswerEvent]) {
        held.append(event)
        heldSize += event.heldSize
        if heldSize > Self.heldLimit { release(isCutOff: true, to: &out) }
    }

    private func pass(_ event: AnswerEvent, to out: inout [AnswerEvent]) {
        switch event {
        case .open(let block, let choice, .toolCall(let id, let name, let kind)):
            let declared = open(block, name, kind)
            out.append(.open(block: block, choice: choice, .toolCall(id: id, name: declared, kind)))
        case .arguments(let block, let text):
            guard let bytes = feed(text, of: block) else { return out.append(event) }
            append(bytes, of: block, to: &out)
        case .close(let block):
            guard let call = calls[block] else { return out.append(event) }
            guard call.arguments.isAtEnd else {
                unfinished.append(block)
                return held.append(event)
            }
            append(finish(block), of: block, to: &out)
            out.append(event)
        default: out.append(event)
        }
    }

    /// Lets what waited for the reason of the end go on.
    private func release(isCutOff: Bool, to out: inout [AnswerEvent]) {
        while !unfinished.isEmpty {
            let (blocks, waiting) = (unfinished, held)
            (unfinished, held, heldSize) = ([], [], 0)
            for block in blocks { append(isCutOff ? cutOff(block) : finish(block), of: block, to: &out) }
            // Another call among them may have ended in the middle too: it waits for the next round.
            for event in waiting { if unfinished.isEmpty { pass(event, to: &out) } else { held.append(event) } }
        }
    }

    private func append(_ bytes: [UInt8], of block: Int, to out: inout [AnswerEvent]) {
        guard !bytes.isEmpty else { return }
        out.append(.arguments(block, JSONText(String(decoding: bytes, as: UTF8.self))))
    }

    // MARK: - Calls

    /// Begins to check a call; returns the name that it has among the declared tools.
    @discardableResult
    private func open(_ block: Int, _ name: String, _ kind: ToolCall.Kind) -> String {
        guard kind == .function else { return name }
        if let entry = tools.entry(name) {
            if case .function(let schema) = entry { begin(block, schema, isDeclared: true) }
            return name
        }
        if repairs, let declared = tools.name(like: name), case .function(let schema) = tools.entry(declared) {
            begin(block, schema, isDeclared: false)
            calls[block]?.isRenamed = true
            return declared
        }
        begin(block, .anything, isDeclared: false)
        return name
    }

    private func begin(_ block: Int, _ schema: ToolSchema, isDeclared: Bool) {
        calls[block] = Call(isDeclared: isDeclared, arguments: ArgumentsMender(schema, repairs: repairs))
    }

    /// The bytes to send for a piece of arguments; nil for calls that are not checked.
    private func feed(_ text: JSONText, of block: Int) -> [UInt8]? {
        guard calls[block] != nil else { return nil }
        var bytes: [UInt8] = []
        text.appendUnescaped(to: &bytes)
        var out: [UInt8] = []
        calls[block]?.arguments.feed(bytes, into: &out)
        return out
    }

    /// Counts a call that the model has finished; returns the rest of its arguments.
    private func finish(_ block: Int) -> [UInt8] {
        guard var call = calls.removeValue(forKey: block) else { return [] }
        var rest: [UInt8] = []
        call.arguments.finish(into: &rest)
        var (faults, remaining) = (call.arguments.faults, call.arguments.remaining)
        if !call.isDeclared { faults.insert(.unknownTool) }
        if !call.isDeclared, !call.isRenamed { remaining.insert(.unknownTool) }
        report.calls += 1
        for fault in faults { report.faults[fault, default: 0] += 1 }
        if faults.isEmpty { report.valid += 1 } else if remaining.isEmpty { report.repaired += 1 }
        return rest
    }

    /// Forgets a call that the model could not finish; returns what was held back of it.
    private func cutOff(_ block: Int) -> [UInt8] {
        guard var call = calls.removeValue(forKey: block) else { return [] }
        var rest: [UInt8] = []
        call.arguments.cutOff(into: &rest)
        return rest
    }
}

extension AnswerEvent {
    /// About so many bytes does it take to keep.
    fileprivate var heldSize: Int {
        switch self {
        case .text(_, let text), .thinking(_, let text), .arguments(_, let text), .refusal(_, let text):
            text.utf8Count + 64
        default: 256
        }
    }
}

extension StopReason {
    /// Whether the answer ended before the model was done.
    fileprivate var cutsOff: Bool {
        switch self {
        case .length, .contextLength, .contentFilter, .refusal, .cancelled, .malformedToolCall: true
        case .stop, .stopSequence, .toolCalls, .pause, .other: false
        }
    }
}
