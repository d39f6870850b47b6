import JSONCore
import Testing

@testable import Dialects

/// One member of a request, found by walking.
private struct Field {
    /// The names on the way to it, outermost first.
    var names: [String]
    var value: JSONValue
    var body: JSONDocument
    /// The kinds of values that good requests have there.
    var kinds: Set<JSONValue.Kind> = []

    var path: String { names.joined(separator: ".") }

    /// The request with something else in its place.
    func replaced(with text: String) -> JSONDocument? {
        var editor = JSONEditor(body)
        editor.replace(value, with: Array(text.utf8))
        return try? JSONDocument.parse(editor.finish())
    }

    /// Whether a refusal says which field is meant: it, or one around it.
    func isNamed(by error: DialectError) -> Bool {
        // Gemini's names come in two spellings.
        let text = "\(error.param ?? "") \(error.message)".lowercased().replacing("_", with: "")
        return names.contains { text.contains($0.lowercased().replacing("_", with: "")) }
    }

    /// Every member of every object of the requests that a target takes, each kind once and in the smallest request.
    static func all(_ direction: Direction) throws -> [Field] {
        var found: [String: Field] = [:]
        for input in try Matrix.requests(direction.client).sorted(by: { $0.bytes.count < $1.bytes.count }) {
            let body = try JSONDocument.parse(input.bytes)
            if (try? HostileFields.translate(body, direction)) != nil { walk(body.root, [], "", body, &found) }
        }
        return found.keys.sorted().compactMap { found[$0] }
    }

    private static func walk(
        _ value: JSONValue,
        _ names: [String],
        _ shape: String,
        _ body: JSONDocument,
        _ found: inout [String: Field]
    ) {
        if value.isArray {
            for element in value.elements { walk(element, names, shape + "[]", body, &found) }
            return
        }
        guard value.isObject else { return }
        // Parts of different types and turns of different roles are different fields.
        let kind = (value["type"]?.string ?? "") + (value["role"]?.string ?? "")
        for (key, member) in value.members {
            let names = names + [key.string]
            let shape = "\(shape)<\(kind)>.\(key.string)"
            // A schema's or a call's own members are no fields of the dialect.
            guard names.count < 7 else { continue }
            if found[shape] == nil { found[shape] = Field(names: names, value: member, body: body) }
            found[shape]?.kinds.insert(member.kind)
            walk(member, names, shape, body, &found)
        }
    }
}

extension Field {
    /// Kinds that clients are known to send beside those of good requests, by the name of the field.
    private static let tolerated: [String: Set<JSONValue.Kind>] = [
        "content": [.string, .array], "id": [.string, .number], "call_id": [.string, .number],
        "tool_call_id": [.string, .number], "tool_use_id": [.string, .number], "arguments": [.string, .object],
        "args": [.string, .object], "input": [.string, .object, .array], "stop": [.string, .array],
        "parameters": [.object, .bool], "input_schema": [.object, .bool], "parametersJsonSchema": [.object, .bool],
        "system": [.string, .array], "systemInstruction": [.string, .array, .object],
        "system_instruction": [.string, .array, .object], "parts": [.array, .object, .string],
        "tools": [.array, .object],
        "tool_choice": [.string, .object], "function_call": [.string, .object], "format": [.string, .object],
        "think": [.bool, .string], "image_url": [.string, .object], "video_url": [.string, .object],
        "response": [.string, .array, .object], "output": [.string, .array, .object], "source": [.string, .object],
        "citations": [.array, .object], "functionDeclarations": [.array, .object],
        "function_declarations": [.array, .object],
    ]
    /// What these are and have inside is the client's own, or that of a provider's tool that no other has.
    private static let free: Set<String> = [
        "metadata", "logit_bias", "labels", "x_vendor", "some_flag", "schema", "parameters", "input_schema",
        "parametersJsonSchema", "responseSchema", "responseJsonSchema", "arguments", "args", "response",
        "user_location", "filters", "citations", "annotations", "reasoning_details", "grammar", "imageConfig",
        "audio", "action", "operation", "prediction", "safetySettings", "container", "outcome",
    ]

    /// Whether a value of this kind is one that no client means to send.
    func isWrong(_ value: JSONValue) -> Bool {
        // An empty array is how some clients write an empty object.
        if value.isArray, value.count == 0, Self.tolerated[names.last ?? ""]?.contains(.object) == true { return false }
        guard kinds != [.null] else { return false }
        return !kinds.contains(value.kind) && Self.tolerated[names.last ?? ""]?.contains(value.kind) != true
    }

    /// Whether the dialect says what may stand here.
    var isKnown: Bool {
        guard let name = names.last, !Self.unknown.contains(name), names[0] != "format" || names.count == 1,
            !names.dropLast().contains(where: Self.free.contains),
            !names.dropFirst().dropLast().contains("input")
        else { return false }
        // A description of a tool may be any JSON in Chat's form.
        return !(name == "description" && names[0] == "tools")
    }

    /// Members of fixtures that no dialect has, or that say nothing to a model.
    private static let unknown: Set<String> = [
        "x_vendor", "some_flag", "x", "index", "annotations", "partial_json", "container", "vector_store_ids",
        // What a shell returned goes on as it is.
        "outcome", "exit_code", "stdout", "stderr",
    ]
}

private enum HostileFields {
    static func losses(of body: JSONDocument, _ direction: Direction) throws(DialectError) -> [Loss] {
        var context = makeContext(direction.client, direction.upstream)
        _ = try translate(body, direction, &context)
        return context.losses
    }

    static func translate(_ body: JSONDocument, _ direction: Direction) throws(DialectError) -> [UInt8] {
        var context = makeContext(direction.client, direction.upstream)
        return try translate(body, direction, &context)
    }

    private static func translate(
        _ body: JSONDocument,
        _ direction: Direction,
        _ context: inout TranslationContext
    ) throws(DialectError) -> [UInt8] {
        let address = RequestAddress(model: direction.client == .gemini ? "my-model" : nil)
        _ = try RequestFacts.read(body, dialect: direction.client, address: address)
        return try RequestTranslator.translate(
            body,
            profile: .vendor(direction.upstream),
            context: &context,
            upstreamStreams: true
        )
    }
}

@Suite struct `Hostile fields` {
    private static let replacements = [
        "null", "true", "1", "-1.5", "1e400", #""x""#, #""""#, "[]", "{}", #"["x"]"#, #"[{"type":"x"}]"#,
        String(repeating: "[", count: 90) + String(repeating: "]", count: 90),
    ]

    @Test(arguments: Direction.all)
    func `a field of any other type is translated or refused by name`(direction: Direction) throws {
        for field in try Field.all(direction) {
            for text in Self.replacements {
                guard let body = field.replaced(with: text) else { continue }
                let place = "\(direction.folder) \(field.path) = \(text.prefix(20))"
                guard let error = refusal(of: body, direction, place) else { continue }
                #expect(error.failure.status == 400, "\(place): \(error.message)")
                #expect(field.isNamed(by: error), "\(place): \(error.param ?? "") \(error.message)")
            }
        }
    }

    @Test(arguments: Direction.all.filter { $0.client != $0.upstream })
    func `a known field of a wrong type is never ignored in silence`(direction: Direction) throws {
        var ignored: [String] = []
        for field in try Field.all(direction) where field.isKnown {
            guard let absent = field.replaced(with: "null") else { continue }
            let usual = (try? HostileFields.losses(of: absent, direction)) ?? []
            for text in ["true", "1", #""x""#, "[]", "{}", #"["x"]"#, "[1]"] {
                guard field.isWrong(try json(text).root), let body = field.replaced(with: text),
                    let losses = try? HostileFields.losses(of: body, direction)
                else { continue }
                if Set(losses).isSubset(of: usual) { ignored.append("\(field.path) = \(text)") }
            }
        }
        #expect(ignored.isEmpty, "\(direction.folder):\n\(ignored.joined(separator: "\n"))")
    }

    /// Why a request is refused; what it becomes otherwise must be JSON.
    private func refusal(of body: JSONDocument, _ direction: Direction, _ place: String) -> DialectError? {
        do throws(DialectError) {
            let bytes = try HostileFields.translate(body, direction)
            #expect((try? JSONDocument.parse(bytes)) != nil, "\(place): \(String(decoding: bytes, as: UTF8.self))")
            return nil
        } catch {
            return error
        }
    }

    /// Text in the place of base64.
    private static let badData = [
        "", "!", "not base64 at all", "data:", "data:image/png;base64,", "AAAA\\u0000\\\"BBBB", "\\ud83d\\ude00",
        String(repeating: "A", count: 1 << 20),
    ]

    @Test(arguments: Direction.all)
    func `media that are no base64, or huge, are translated or refused`(direction: Direction) throws {
        let names: Set<String> = ["04-image-base64", "06-pdf", "08-audio", "13-image-in-result"]
        for input in try Matrix.requests(direction.client) where names.contains(input.name) {
            let text = String(decoding: input.bytes, as: UTF8.self)
            for bad in Self.badData {
                var damaged = text
                for start in ["iVBORw0", "JVBERi0", "UklGRiQ"] {
                    damaged = damaged.replacingBase64(from: start, by: bad)
                }
                let place = "\(direction.folder) \(input.name) \(bad.prefix(30))"
                guard let error = refusal(of: try json(damaged), direction, place) else { continue }
                #expect(error.failure.status == 400, "\(place): \(error.message)")
            }
        }
    }

    @Test(arguments: Direction.all)
    func `schemas that refer to themselves are translated`(direction: Direction) throws {
        let cycles = [
            ##"{"$ref":"#"}"##, ##"{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}"##,
            ##"{"type":"object","properties":{"a":{"$ref":"#/properties/a"}}}"##,
            ##"{"allOf":[{"$ref":"#"}],"anyOf":[{"$ref":"#/anyOf/0"}]}"##,
        ]
        for field in try Field.all(direction) {
            guard
                ["parameters", "parametersJsonSchema", "input_schema", "schema", "format"].contains(field.names.last),
                field.value.isObject
            else { continue }
            for cycle in cycles {
                let body = try #require(field.replaced(with: cycle))
                let place = "\(direction.folder) \(field.path) = \(cycle)"
                let error = refusal(of: body, direction, place)
                #expect(error.map(field.isNamed) ?? true, "\(place): \(error?.message ?? "")")
            }
        }
    }
}

extension String {
    /// Puts a text in the place of base64 that begins in a known way.
    fileprivate func replacingBase64(from start: String, by other: String) -> String {
        guard let place = firstRange(of: start) else { return self }
        let end =
            self[place.lowerBound...].firstIndex { !($0.isLetter || $0.isNumber || "+/=".contains($0)) } ?? endIndex
        return self[..<place.lowerBound] + other + self[end...]
    }
}
