/// Checks the arguments of one call and sends them on, put right where the checker knows how.
///
/// A name in another case is put right only if the object has no member with the right one, which may come yet. So what
/// follows such a name waits for the end of its object, and is read anew if the name turns out to be one of its own.
struct ArgumentsMender {
    /// More than this does not wait.
    private static let heldLimit = 256 << 10

    private var checker: ArgumentsChecker
    /// The state in front of the name that was put right, while that may be a mistake.
    private var before: ArgumentsChecker?
    /// How deep the object with that name is.
    private var depth = 0
    /// What has come since, and what is to be sent for it.
    private var read: [UInt8] = []
    private var written: [UInt8] = []
    /// Whether names are put right: not any more after a mistake.
    private var mendsNames = true

    init(_ schema: ToolSchema, repairs: Bool) {
        checker = ArgumentsChecker(schema, repairs: repairs)
    }

    /// What was wrong with the arguments as the model made them.
    var faults: Set<ToolCallReport.Fault> { checker.faults }
    /// What is wrong with them still.
    var remaining: Set<ToolCallReport.Fault> { checker.remaining }
    /// Whether the arguments are complete, or absent altogether.
    var isAtEnd: Bool { checker.isAtEnd }

    /// Reads a piece of the arguments; what is to be sent for it is appended.
    mutating func feed(_ bytes: [UInt8], into out: inout [UInt8]) {
        for byte in bytes { feed(byte, into: &out) }
    }

    private mutating func feed(_ byte: UInt8, into out: inout [UInt8]) {
        guard before != nil else {
            checker.feed(byte, into: &out)
            return checker.asksForName ? mendName(into: &out) : ()
        }
        read.append(byte)
        checker.feed(byte, into: &written)
        if checker.asksForName { checker.name(isMeant: true, into: &written) }
        if checker.hasClash || checker.isBroken || read.count > Self.heldLimit { return takeBack(into: &out) }
        if checker.depth < depth { settle(into: &out) }
    }

    /// Ends the arguments; brackets that are missing of a call that the model has finished are appended.
    mutating func finish(into out: inout [UInt8]) {
        if before != nil {
            checker.finish(into: &written)
            guard checker.isBroken else { return settle(into: &out) }
            takeBack(into: &out)
        }
        checker.finish(into: &out)
    }

    /// The answer was cut off: nothing is made up for what is missing.
    mutating func cutOff(into out: inout [UInt8]) {
        takeBack(into: &out)
        checker.cutOff(into: &out)
    }

    // MARK: - Names

    private mutating func mendName(into out: inout [UInt8]) {
        guard mendsNames else { return checker.name(isMeant: false, into: &out) }
        (before, depth) = (checker, checker.depth)
        checker.name(isMeant: true, into: &written)
    }

    private mutating func settle(into out: inout [UInt8]) {
        out += written
        (before, read, written) = (nil, [], [])
    }

    private mutating func takeBack(into out: inout [UInt8]) {
        guard let before else { return }
        let again = read
        (checker, self.before, read, written, mendsNames) = (before, nil, [], [], false)
        checker.name(isMeant: false, into: &out)
        feed(again, into: &out)
    }
}
