import JSONCore

extension ToolCall {
    /// Writes the arguments as an object, for dialects that know no other form: free text becomes its member `input`.
    func writeArgumentsObject(to writer: inout JSONWriter) {
        switch arguments {
        case .object(let value): writer.raw(value)
        case .text(let text) where kind == .custom:
            writer.beginObject()
            writer.member("input", text)
            writer.endObject()
        case .text(let text): writer.raw(bytes: JSONRepair.object(from: text).bytes)
        }
    }
}

extension ToolDefinition {
    /// Writes the name, and the description if there is one.
    func writeNames(_ description: JSONText?, to writer: inout JSONWriter) {
        writer.member("name", name)
        if let description, !description.isEmpty { writer.member("description", description) }
    }
}
