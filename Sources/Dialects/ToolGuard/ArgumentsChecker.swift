import JSONCore

/// Reads the arguments of one call as they arrive and compares them with the tool's schema.
///
/// When it repairs, only what can have been meant in one way only is changed: strings where the schema wants what they
/// spell (`"5"` for 5, `"{…}"` for an object), names of members in another case, a comma behind the last member, Python's
/// `True`, line breaks inside strings, and brackets that are missing behind the last value of a call that the model has
/// finished. A value that ends in the middle is never completed: nobody knows what else it was to say.
struct ArgumentsChecker {
    typealias Fault = ToolCallReport.Fault

    private struct Level {
        let isObject: Bool
        let schema: ToolSchema
        /// The properties that have come, and how many of them must.
        private(set) var seen: Set<Int> = []
        private(set) var requiredCount = 0
        /// What the value behind the last key must be.
        var member = ToolSchema.anything
        /// The properties whose names have been put right.
        var renamed: Set<Int> = []

        init(isObject: Bool, schema: ToolSchema) {
            (self.isObject, self.schema) = (isObject, schema)
        }

        /// Whether a member is missing that must be there.
        var isIncomplete: Bool { isObject && requiredCount < schema.requiredCount }

        mutating func note(_ property: Int) {
            member = schema.properties[property].schema
            if seen.insert(property).inserted, schema.properties[property].isRequired { requiredCount += 1 }
        }
    }

    private enum Place { case value, valueOrEnd, key, keyOrEnd, colon, commaOrEnd, end }

    private enum Token { case none, key, string, literal }

    private static let depthLimit = 64
    /// Longer strings are passed on as they are, and longer literals are none.
    private static let heldLimit = 256 << 10
    private static let literalLimit = 64

    /// What was wrong with the arguments as the model made them.
    private(set) var faults: Set<Fault> = []
    /// What is wrong with them still.
    private(set) var remaining: Set<Fault> = []
    /// Whether a property has come by its name and by one that was put right: then that was a mistake.
    private(set) var hasClash = false

    private let root: ToolSchema
    private let repairs: Bool
    private var levels: [Level] = []
    private var place = Place.value
    private var hasBegun = false
    /// Nothing is understood any more: the rest goes on as it is.
    private(set) var isBroken = false
    /// A key in another case than a property's name, which is not sent before `name(isMeant:)` says how.
    private var oddKey: (spelling: [UInt8], property: Int)?
    /// Whether a string is read for what it spells.
    private var isUnpacking = false

    private var token = Token.none
    /// The token as it is spelled, without quotes; of strings that are passed on at once only as much as is compared.
    private var spelling: [UInt8] = []
    private var isHeld = false
    private var isEscaped = false
    /// Digits of `\uXXXX` that are still to come.
    private var missingDigits = 0
    /// A comma and the white space behind it, until it is known that something follows.
    private var comma: [UInt8] = []

    init(_ root: ToolSchema, repairs: Bool) {
        (self.root, self.repairs) = (root, repairs)
    }

    /// Whether the arguments are complete, or absent altogether.
    var isAtEnd: Bool { place == .end || isBroken || !hasBegun }

    /// How many objects and arrays are open.
    var depth: Int { levels.count }

    /// Whether it waits to be told by `name(isMeant:)` whether a key in another case means a property.
    var asksForName: Bool { oddKey != nil }

    // MARK: - Reading

    /// Reads the next byte of the arguments; what is to be sent for it is appended.
    mutating func feed(_ byte: UInt8, into out: inout [UInt8]) {
        guard !isBroken else { return out.append(byte) }
        switch token {
        case .key, .string: feed(string: byte, into: &out)
        case .literal:
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"):
                endLiteral(into: &out)
                feed(byte, into: &out)
            default:
                spelling.append(byte)
                if spelling.count > Self.literalLimit { giveUp(into: &out) }
            }
        case .none: feed(structure: byte, into: &out)
        }
    }

    private mutating func feed(structure byte: UInt8, into out: inout [UInt8]) {
        if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            return comma.isEmpty ? out.append(byte) : comma.append(byte)
        }
        hasBegun = true
        switch (place, byte) {
        case (.valueOrEnd, UInt8(ascii: "]")), (.keyOrEnd, UInt8(ascii: "}")): close(byte, into: &out)
        case (.value, UInt8(ascii: "]")) where !comma.isEmpty, (.key, UInt8(ascii: "}")) where !comma.isEmpty:
            closeBehindComma(byte, into: &out)
        case (.value, _), (.valueOrEnd, _): startValue(byte, into: &out)
        case (.key, UInt8(ascii: "\"")), (.keyOrEnd, UInt8(ascii: "\"")): start(.key, isHeld: true, into: &out)
        case (.colon, UInt8(ascii: ":")):
            place = .value
            out.append(byte)
        case (.commaOrEnd, UInt8(ascii: ",")):
            place = levels.last?.isObject == true ? .key : .value
            comma = [byte]
        case (.commaOrEnd, UInt8(ascii: "}")) where levels.last?.isObject == true: close(byte, into: &out)
        case (.commaOrEnd, UInt8(ascii: "]")) where levels.last?.isObject == false: close(byte, into: &out)
        default:
            giveUp(into: &out)
            out.append(byte)
        }
    }

    private mutating func closeBehindComma(_ byte: UInt8, into out: inout [UInt8]) {
        guard repairs else {
            giveUp(into: &out)
            return out.append(byte)
        }
        faults.insert(.malformed)
        comma = []
        close(byte, into: &out)
    }

    // MARK: - Values

    /// What the next value must be.
    private var expected: ToolSchema {
        guard let level = levels.last else { return root }
        return level.isObject ? level.member : level.schema.items ?? .anything
    }

    private mutating func startValue(_ byte: UInt8, into out: inout [UInt8]) {
        let schema = expected
        switch byte {
        case UInt8(ascii: "\""):
            let fits = schema.types.contains(.string)
            if !fits, !repairs { note(.wrongType) }
            start(.string, isHeld: !fits && repairs, into: &out)
        case UInt8(ascii: "{"): open(isObject: true, schema, into: &out)
        case UInt8(ascii: "["): open(isObject: false, schema, into: &out)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            flushComma(into: &out)
            token = .literal
            spelling = [byte]
        default:
            giveUp(into: &out)
            out.append(byte)
        }
    }

    private mutating func open(isObject: Bool, _ schema: ToolSchema, into out: inout [UInt8]) {
        flushComma(into: &out)
        guard levels.count < Self.depthLimit else {
            giveUp(into: &out)
            return out.append(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
        }
        let fits = schema.types.contains(isObject ? .object : .array)
        if !fits { note(.wrongType) }
        levels.append(Level(isObject: isObject, schema: fits ? schema : .anything))
        place = isObject ? .keyOrEnd : .valueOrEnd
        out.append(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
    }

    private mutating func close(_ byte: UInt8, into out: inout [UInt8]) {
        if levels.popLast()?.isIncomplete == true { note(.missingMember) }
        out.append(byte)
        place = levels.isEmpty ? .end : .commaOrEnd
    }

    private mutating func endValue() {
        token = .none
        place = levels.isEmpty ? .end : .commaOrEnd
    }

    // MARK: - Strings

    private mutating func start(_ token: Token, isHeld: Bool, into out: inout [UInt8]) {
        flushComma(into: &out)
        self.token = token
        self.isHeld = isHeld
        spelling = []
        if !isHeld { out.append(UInt8(ascii: "\"")) }
    }

    private mutating func feed(string byte: UInt8, into out: inout [UInt8]) {
        if isEscaped {
            isEscaped = false
            missingDigits = byte == UInt8(ascii: "u") ? 4 : 0
        } else if missingDigits > 0 {
            missingDigits -= 1
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            return endString(into: &out)
        } else if byte < 0x20 {
            return feed(control: byte, into: &out)
        }
        take([byte], into: &out)
    }

    /// A control character, which must be escaped in a string.
    private mutating func feed(control byte: UInt8, into out: inout [UInt8]) {
        faults.insert(.malformed)
        guard repairs else {
            remaining.insert(.malformed)
            return take([byte], into: &out)
        }
        var escaped: [UInt8] = []
        JSONText(String(decoding: [byte], as: UTF8.self)).appendEscaped(to: &escaped)
        take(escaped, into: &out)
    }

    private mutating func take(_ bytes: [UInt8], into out: inout [UInt8]) {
        if isHeld {
            spelling += bytes
            if spelling.count > Self.heldLimit { giveUp(into: &out) }
        } else {
            if expected.words != nil, spelling.count < Self.literalLimit * 4 { spelling += bytes }
            out += bytes
        }
    }

    private mutating func endString(into out: inout [UInt8]) {
        if token == .key { return endKey(into: &out) }
        if isHeld { return endHeldString(into: &out) }
        out.append(UInt8(ascii: "\""))
        if let words = expected.words, let text = plain(spelling), !words.contains(text) { note(.unknownWord) }
        endValue()
    }

    private mutating func endKey(into out: inout [UInt8]) {
        token = .none
        place = .colon
        let level = levels.count - 1
        guard level >= 0, let name = plain(spelling) else { return giveUp(into: &out) }
        let schema = levels[level].schema
        if let known = schema.place(of: name) {
            if levels[level].renamed.contains(known) { hasClash = true }
            levels[level].note(known)
        } else if repairs, let meant = schema.place(like: name), !schema.isOpen || schema.properties[meant].isRequired {
            if levels[level].renamed.contains(meant) { hasClash = true }
            oddKey = (spelling, meant)
            if isUnpacking || levels[level].seen.contains(meant) { self.name(isMeant: false, into: &out) }
            return
        } else {
            noteUnknownMember(of: level)
        }
        appendString(spelling, to: &out)
    }

    private mutating func noteUnknownMember(of level: Int) {
        if !levels[level].schema.isOpen { note(.unknownMember) }
        levels[level].member = .anything
    }

    /// Sends the key that is in question: under the property's name, or as it was made.
    mutating func name(isMeant: Bool, into out: inout [UInt8]) {
        guard let key = oddKey, let level = levels.indices.last else { return }
        oddKey = nil
        guard isMeant else {
            noteUnknownMember(of: level)
            return appendString(key.spelling, to: &out)
        }
        faults.insert(.unknownMember)
        levels[level].renamed.insert(key.property)
        levels[level].note(key.property)
        var name: [UInt8] = []
        JSONText(String(decoding: levels[level].schema.properties[key.property].name, as: UTF8.self))
            .appendEscaped(to: &name)
        appendString(name, to: &out)
    }

    private func appendString(_ spelling: [UInt8], to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        out += spelling
        out.append(UInt8(ascii: "\""))
    }

    /// A string where the schema wants something else: taken for what it spells, if that is what the schema wants.
    private mutating func endHeldString(into out: inout [UInt8]) {
        token = .none
        isHeld = false
        let schema = expected
        guard let text = plain(spelling), let value = (try? JSONDocument.parse(text))?.root,
            Self.isWanted(value, by: schema)
        else {
            note(.wrongType)
            appendString(spelling, to: &out)
            return endValue()
        }
        faults.insert(.wrongType)
        isUnpacking = true
        for byte in value.raw { feed(byte, into: &out) }
        if token == .literal { endLiteral(into: &out) }
        isUnpacking = false
    }

    private static func isWanted(_ value: JSONValue, by schema: ToolSchema) -> Bool {
        switch value.kind {
        case .object: schema.types.contains(.object)
        case .array: schema.types.contains(.array)
        case .bool: schema.types.contains(.boolean)
        case .number: schema.types.contains(ArgumentLiteral.type(of: value.raw) ?? [])
        case .string, .null: false
        }
    }

    private func plain(_ spelling: [UInt8]) -> [UInt8]? {
        guard let text = JSONText(content: spelling[...]) else { return nil }
        var plain: [UInt8] = []
        text.appendUnescaped(to: &plain)
        return plain
    }

    // MARK: - Literals

    private mutating func endLiteral(into out: inout [UInt8]) {
        if repairs, let meant = ArgumentLiteral.meant(by: spelling) {
            faults.insert(.malformed)
            spelling = meant
        }
        guard let type = ArgumentLiteral.type(of: spelling[...]) else { return giveUp(into: &out) }
        if expected.types.isDisjoint(with: type) { note(.wrongType) }
        out += spelling
        endValue()
    }

    // MARK: - Ends

    /// Ends the arguments; what is missing of a call that the model has finished is appended.
    mutating func finish(into out: inout [UInt8]) {
        guard hasBegun else {
            // Absent arguments mean none.
            if root.properties.contains(where: \.isRequired) { note(.missingMember) }
            return
        }
        guard place != .end, !isBroken else { return }
        // Another digit may follow a number, nothing a word.
        if token == .literal, levels.isEmpty || ArgumentLiteral.isWord(spelling) { endLiteral(into: &out) }
        guard place != .end, !isBroken else { return }
        // Values that must be there and are not show that more was to come.
        guard repairs, token == .none, place == .commaOrEnd, !levels.contains(where: \.isIncomplete) else {
            return giveUp(into: &out)
        }
        faults.insert(.malformed)
        while let level = levels.last { close(level.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"), into: &out) }
    }

    /// The answer was cut off: nothing is made up for what is missing.
    mutating func cutOff(into out: inout [UInt8]) {
        guard hasBegun, place != .end, !isBroken else { return }
        giveUp(into: &out)
    }

    /// Sends what is held as it is, and everything after it.
    private mutating func giveUp(into out: inout [UInt8]) {
        isBroken = true
        note(.malformed)
        flushComma(into: &out)
        switch token {
        case .key, .string:
            guard isHeld else { break }
            out.append(UInt8(ascii: "\""))
            out += spelling
        case .literal: out += spelling
        case .none: break
        }
        token = .none
    }

    private mutating func flushComma(into out: inout [UInt8]) {
        out += comma
        comma = []
    }

    private mutating func note(_ fault: Fault) {
        faults.insert(fault)
        remaining.insert(fault)
    }
}
