import Gate
import HTTPCore
import HTTPServer
import JSONCore
import TimeCore

/// A JSON object that is read field by field.
///
///     let body = try await Body(call)
///     let name = body.text("name", 1...200)
///     let note = body.optionalText("note", 0...500)
///     try body.check()                       // throws one refusal that names every bad field
///
/// A required field that is missing or wrong reads as an empty value and leaves an issue; nothing may be used before
/// `check()` has passed.
struct Body {
    let value: JSONValue
    /// Where the object stands in the body: empty, or `a.b`.
    let path: String
    let issues: Issues

    init(_ value: JSONValue, path: String = "", issues: Issues = Issues()) {
        self.value = value
        self.path = path
        self.issues = issues
    }

    /// Reads the body of a request, which must be a JSON object.
    ///
    /// With `allowsEmpty`, no body is an empty object.
    init(_ call: Call, allowsEmpty: Bool = false) throws {
        var bytes = try call.bodyBytes()
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }), allowsEmpty {
            bytes = Array("{}".utf8)
        }
        let document: JSONDocument
        do {
            document = try JSONDocument.parse(bytes)
        } catch {
            throw Issues.refusal("body", "Invalid JSON body")
        }
        guard document.root.isObject else { throw Issues.refusal("body", "Expected an object") }
        self.init(document.root)
    }

    /// Throws if anything was wrong.
    func check() throws(Refusal) {
        if !issues.list.isEmpty { throw Issues.refusal(issues.list) }
    }

    /// Notes an issue of a field of this object.
    func reject(_ field: String, _ message: String) {
        issues.add(path.isEmpty ? field : "\(path).\(field)", message)
    }

    /// Notes an issue for every field whose name is not listed.
    func allowOnly(_ names: Set<String>) {
        for member in value.members {
            let name = member.key.string
            if !names.contains(name) { reject(name, "Unknown field") }
        }
    }

    /// Whether the object has the field, be it `null`.
    func has(_ field: StaticString) -> Bool { value[field] != nil }

    /// Whether the object has no field at all.
    var isEmpty: Bool { value.count == 0 }

    // MARK: - Text

    /// A required text, trimmed.
    func text(_ field: StaticString, _ length: ClosedRange<Int>) -> String {
        guard let member = value.present(field) else {
            reject("\(field)", "Required")
            return ""
        }
        return read(member, "\(field)", length) ?? ""
    }

    /// A text that may be left out or `null`.
    func optionalText(_ field: StaticString, _ length: ClosedRange<Int>) -> String? {
        value.present(field).flatMap { read($0, "\(field)", length) }
    }

    /// A text of a partial update.
    func patchText(_ field: StaticString, _ length: ClosedRange<Int>) -> Patch<String> {
        patch(field) { read($0, "\(field)", length) }
    }

    /// A required text that is taken as it is: a password may begin with a blank.
    func untrimmedText(_ field: StaticString, _ length: ClosedRange<Int>) -> String {
        if value.present(field) == nil { reject("\(field)", "Required") }
        return optionalUntrimmedText(field, length) ?? ""
    }

    /// A text that is taken as it is and may be left out or `null`.
    func optionalUntrimmedText(_ field: StaticString, _ length: ClosedRange<Int>) -> String? {
        value.present(field).flatMap { read($0, "\(field)", length, trims: false) }
    }

    /// One of a few words; other words are refused.
    func optionalWord(_ field: StaticString, _ words: [String]) -> String? {
        guard let member = value.present(field) else { return nil }
        guard let word = member.string, words.contains(word) else {
            reject("\(field)", "Expected one of: \(words.joined(separator: ", "))")
            return nil
        }
        return word
    }

    /// Like ``optionalWord(_:_:)``, where `null` takes the value away.
    func patchWord(_ field: StaticString, _ words: [String]) -> Patch<String> {
        guard let member = value[field] else { return .absent }
        if member.isNull { return .cleared }
        return optionalWord(field, words).map { .set($0) } ?? .absent
    }

    private func read(
        _ member: JSONValue,
        _ field: String,
        _ length: ClosedRange<Int>,
        trims: Bool = true
    ) -> String? {
        guard let text = trims ? member.string?.trimmingBlanks : member.string else {
            reject(field, "Expected a text")
            return nil
        }
        let count = text.unicodeScalars.count
        if count < length.lowerBound {
            reject(field, count == 0 ? "Must not be empty" : "Must have at least \(length.lowerBound) characters")
            return nil
        }
        if count > length.upperBound {
            reject(field, "Must have at most \(length.upperBound) characters")
            return nil
        }
        return text
    }

    // MARK: - Numbers and booleans

    func optionalInt(_ field: StaticString, _ range: ClosedRange<Int>) -> Int? {
        value.present(field).flatMap { readInt($0, "\(field)", range) }
    }

    func patchInt(_ field: StaticString, _ range: ClosedRange<Int>) -> Patch<Int> {
        patch(field) { readInt($0, "\(field)", range) }
    }

    func optionalDouble(_ field: StaticString, _ range: ClosedRange<Double>) -> Double? {
        guard let member = value.present(field) else { return nil }
        guard member.isNumber, let number = member.double, range.contains(number) else {
            reject("\(field)", "Expected a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    func optionalBool(_ field: StaticString) -> Bool? {
        guard let member = value.present(field) else { return nil }
        guard let flag = member.bool else {
            reject("\(field)", "Expected true or false")
            return nil
        }
        return flag
    }

    private func readInt(_ member: JSONValue, _ field: String, _ range: ClosedRange<Int>) -> Int? {
        guard member.isNumber, let number = member.int, range.contains(number) else {
            let bound =
                range.upperBound == .max
                ? "at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            reject(field, "Expected a whole number \(bound)")
            return nil
        }
        return number
    }

    // MARK: - Times

    /// An ISO-8601 time of a partial update.
    func patchTime(_ field: StaticString) -> Patch<WallTime> {
        patch(field) { member in
            guard let text = member.string, let time = WallTime(iso8601: text) else {
                reject("\(field)", "Expected an ISO-8601 time")
                return nil
            }
            return time
        }
    }

    // MARK: - Nested

    /// A nested object, if there is one.
    func optionalObject(_ field: StaticString) -> Body? {
        guard let member = value.present(field) else { return nil }
        guard member.isObject else {
            reject("\(field)", "Expected an object")
            return nil
        }
        return Body(member, path: path.isEmpty ? "\(field)" : "\(path).\(field)", issues: issues)
    }

    /// A list of texts, if there is one; `length` holds for each.
    func optionalTexts(_ field: StaticString, count: ClosedRange<Int>, length: ClosedRange<Int>) -> [String]? {
        guard let elements = optionalList(field, count: count) else { return nil }
        return elements.enumerated().compactMap { read($0.element, "\(field).\($0.offset)", length) }
    }

    /// A required list of texts.
    func texts(_ field: StaticString, count: ClosedRange<Int>, length: ClosedRange<Int>) -> [String] {
        if value.present(field) == nil { reject("\(field)", "Required") }
        return optionalTexts(field, count: count, length: length) ?? []
    }

    /// The elements of a list, if there is one.
    func optionalList(_ field: StaticString, count: ClosedRange<Int>) -> [JSONValue]? {
        guard let member = value.present(field) else { return nil }
        guard member.isArray else {
            reject("\(field)", "Expected a list")
            return nil
        }
        let elements = Array(member.elements)
        guard count.contains(elements.count) else {
            reject("\(field)", "Expected \(count.lowerBound) to \(count.upperBound) entries")
            return nil
        }
        return elements
    }

    private func patch<Value>(_ field: StaticString, _ read: (JSONValue) -> Value?) -> Patch<Value> {
        guard let member = value[field] else { return .absent }
        if member.isNull { return .cleared }
        // A value that cannot be read has left an issue; what is returned does not matter.
        return read(member).map { .set($0) } ?? .absent
    }
}
