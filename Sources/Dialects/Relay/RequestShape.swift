import JSONCore

/// What the known members of a request may be, told before it is read for another dialect.
///
/// `null` is as good as absent, and members that are not listed may be anything.
struct RequestShape: Sendable {
    private enum Kind {
        case any, text, flag, number, identifier, object, schema, arguments, list, fields, either, both
    }

    private let kind: Kind
    /// The shape of a list's elements, the shapes of an object's members, or those that apply together or instead.
    private var parts: [RequestShape] = []
    /// The members of an object; by themselves because every member of a request is compared with them.
    private var names: [StaticString] = []
    /// Members of which at least one must be there.
    private var needed: [StaticString] = []

    private init(_ kind: Kind, _ parts: [RequestShape] = []) {
        self.kind = kind
        self.parts = parts
    }

    /// Looked at where it is read.
    static let any = RequestShape(.any)
    static let text = RequestShape(.text)
    static let flag = RequestShape(.flag)
    static let number = RequestShape(.number)
    /// A string, or the number that some clients send for one.
    static let identifier = RequestShape(.identifier)
    /// An object with members of the client's own, such as metadata.
    static let object = RequestShape(.object)
    /// A JSON schema; some clients write an empty object as an empty array.
    static let schema = RequestShape(.schema)
    /// Arguments of a call: an object, its text, or the empty array that some clients write for an empty object.
    static let arguments = RequestShape(.arguments)

    static func list(_ element: RequestShape) -> RequestShape { RequestShape(.list, [element]) }

    /// An object; at least one of the members that it needs must be there.
    static func fields(
        _ members: KeyValuePairs<StaticString, RequestShape>,
        needs needed: [StaticString] = []
    ) -> RequestShape {
        var shape = RequestShape(.fields, members.map(\.value))
        shape.names = members.map(\.key)
        shape.needed = needed
        return shape
    }

    /// One of several that are of different kinds.
    static func either(_ shapes: [RequestShape]) -> RequestShape { RequestShape(.either, shapes) }

    static func both(_ one: RequestShape, _ other: RequestShape) -> RequestShape { RequestShape(.both, [one, other]) }

    static let texts = list(.text)

    /// Refuses a request with a known member of the wrong type, and names it.
    func check(_ root: JSONValue, of dialect: Dialect) throws(DialectError) {
        do throws(Misfit) { try check(root) } catch { throw error.refusal(in: dialect) }
    }

    private func check(_ value: JSONValue) throws(Misfit) {
        guard fits(value) else { throw Misfit("must be \(words)") }
        switch kind {
        case .list:
            guard let element = parts.first else { return }
            var index = 0
            for value in value.elements {
                try element.check(value, at: .element(index))
                index += 1
            }
        case .fields:
            for (key, member) in value.members where !member.isNull {
                guard let place = names.firstIndex(where: { key.equals($0) }) else { continue }
                try parts[place].check(member, at: .member(names[place]))
            }
            guard let first = needed.first, !needed.contains(where: { value.present($0) != nil }) else { return }
            throw Misfit(missing: first)
        case .either: try parts.first { $0.fits(value) }?.check(value)
        case .both: for part in parts { try part.check(value) }
        case .any, .text, .flag, .number, .identifier, .object, .schema, .arguments: break
        }
    }

    private func check(_ value: JSONValue, at step: Misfit.Step) throws(Misfit) {
        do throws(Misfit) { try check(value) } catch { throw error.inside(step) }
    }

    private func fits(_ value: JSONValue) -> Bool {
        switch kind {
        case .any: true
        case .text: value.isString
        case .flag: value.isBool
        case .number: value.isNumber
        case .identifier: value.isString || value.isNumber
        case .object, .fields: value.isObject
        case .schema: value.isObject || value.isBool || value.isEmptyList
        case .arguments: value.isObject || value.isString || value.isEmptyList
        case .list: value.isArray
        case .either: parts.contains { $0.fits(value) }
        case .both: parts.allSatisfy { $0.fits(value) }
        }
    }

    private var words: String {
        switch kind {
        case .any: "anything"
        case .text, .identifier: "a string"
        case .flag: "true or false"
        case .number: "a number"
        case .object, .fields, .both: "an object"
        case .schema: "a JSON schema"
        case .arguments: "an object or its JSON text"
        case .list: parts.first?.kind == .text ? "an array of strings" : "an array"
        case .either: parts.map(\.words).joined(separator: " or ")
        }
    }
}

/// Something in a request that is not what it must be, and the way to it.
struct Misfit: Error {
    enum Step {
        case member(StaticString)
        case element(Int)
    }

    /// What is wrong, as it follows the name of the field.
    private var problem: String
    /// The steps to it, innermost first.
    private var steps: [Step] = []

    private static let isMissing = "is missing"

    init(_ problem: String, at steps: Step...) {
        self.problem = problem
        self.steps = steps.reversed()
    }

    /// A member that must be there and is not.
    init(missing name: StaticString) {
        problem = Self.isMissing
        steps = [.member(name)]
    }

    /// The same, seen from further outside: the steps to it go from the outside to the inside.
    func inside(_ outer: Step...) -> Misfit { inside(outer) }

    fileprivate func inside(_ outer: [Step]) -> Misfit {
        var misfit = self
        misfit.steps += outer.reversed()
        return misfit
    }

    /// Does something, and adds a step to the way to what is wrong.
    static func inside<Result>(
        _ step: Step,
        _ body: () throws(Misfit) -> Result
    ) throws(Misfit) -> Result {
        do throws(Misfit) { return try body() } catch { throw error.inside(step) }
    }

    /// The error in the words of the dialect: Anthropic names fields and speaks of them in a way of its own.
    func refusal(in dialect: Dialect, at place: String = "") -> DialectError {
        let isAnthropic = dialect == .anthropicMessages
        var path = place
        for step in steps.reversed() {
            switch step {
            case .member(let name): path += path.isEmpty ? "\(name)" : ".\(name)"
            case .element(let index): path += isAnthropic ? ".\(index)" : "[\(index)]"
            }
        }
        guard isAnthropic else { return DialectError("\(path) \(problem)", param: path) }
        let words = problem.replacing("must be a number", with: "must be a valid number")
            .replacing("must be", with: "Input should be").replacing(Self.isMissing, with: "Field required")
        return DialectError("\(path): \(words)", param: path)
    }
}

extension Dialect {
    /// Does something that may find a part of the request unfit, and refuses that in the words of the dialect.
    func naming<Result>(
        _ steps: Misfit.Step...,
        at place: String = "",
        _ body: () throws(Misfit) -> Result
    ) throws(DialectError) -> Result {
        do throws(Misfit) { return try body() } catch { throw error.inside(steps).refusal(in: self, at: place) }
    }
}

extension JSONValue {
    /// The name of a tool, which cannot do without one.
    func toolName() throws(Misfit) -> String {
        guard let name = self["name"]?.string, !name.isEmpty else {
            throw Misfit("must be a non-empty string", at: .member("name"))
        }
        return name
    }

    fileprivate var isEmptyList: Bool { isArray && count == 0 }
}
