import CLibFuzzer
import Glibc
import JSONCore

@main
enum JSONFuzz {
    static func main() {
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, testOneInput))
    }
}

/// Whatever the bytes are, nothing traps, and what is accepted can be read, rewritten and edited.
private func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    if let document = try? JSONDocument.parse(bytes) {
        checkRewriting(document)
        checkEditing(document)
    }
    checkRepair(bytes)
    return 0
}

private func checkRewriting(_ document: JSONDocument) {
    var writer = JSONWriter()
    rewrite(document.root, to: &writer)
    guard let again = try? JSONDocument.parse(writer.bytes) else { fatalError("the rewritten text is refused") }
    precondition(again.root.isStructurallyEqual(to: document.root), "the rewritten text says something else")
}

/// Reads everything through the decoding accessors, where `JSONWriter.raw` would only copy.
private func rewrite(_ value: JSONValue, to writer: inout JSONWriter) {
    switch value.kind {
    case .null: writer.null()
    case .bool: writer.bool(value.bool == true)
    case .number:
        precondition(value.int == nil || value.double != nil, "a whole number is a number")
        writer.raw(value)
    case .string: writer.string(value.string ?? "")
    case .array:
        writer.beginArray()
        for element in value.elements { rewrite(element, to: &writer) }
        writer.endArray()
    case .object:
        _ = value.firstDuplicateKey()
        writer.beginObject()
        for (key, member) in value.members {
            precondition(value.member(key.string) != nil, "a key that is there is found")
            writer.key(JSONText(key.string))
            rewrite(member, to: &writer)
        }
        writer.endObject()
    }
}

/// Removes every second child, sets and inserts one everywhere: the result is JSON, and untouched ends survive.
private func checkEditing(_ document: JSONDocument) {
    var editor = JSONEditor(document)
    edit(document.root, with: &editor)
    let bytes = editor.finish()
    guard (try? JSONDocument.parse(bytes, limits: JSONLimits(depth: 256))) != nil else {
        fatalError("the edited text is refused")
    }
    let root = document.root.range
    precondition(bytes.starts(with: document.bytes[..<root.lowerBound]), "what stands before the root survives")
    precondition(bytes.reversed().starts(with: document.bytes[root.upperBound...].reversed()), "and what stands behind")
}

private func edit(_ value: JSONValue, with editor: inout JSONEditor) {
    switch value.kind {
    case .array:
        editor.insertElement([UInt8(ascii: "0")], at: value.count / 2, of: value)
        for (index, element) in value.elements.enumerated() {
            if index % 2 == 1 { editor.removeElement(element, of: value) }
            edit(element, with: &editor)
        }
    case .object:
        editor.setMember("new", of: value, to: [UInt8(ascii: "0")])
        for (index, (key, member)) in value.members.enumerated() {
            if index % 3 == 1 { editor.removeMember(key.string, of: value) }
            if index % 3 == 2 { editor.setMember(key.string, of: value, to: [UInt8(ascii: "1")]) }
            edit(member, with: &editor)
        }
    case .string: editor.replace(value, with: JSONLiteral.string("other"))
    default: break
    }
}

private func checkRepair(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    let object = JSONRepair.object(from: JSONText(text))
    precondition(object.root.isObject, "repaired arguments are an object")
    let again = JSONRepair.object(from: JSONText(String(decoding: object.bytes, as: UTF8.self)))
    precondition(again.bytes == object.bytes, "an object needs no repair")
}
