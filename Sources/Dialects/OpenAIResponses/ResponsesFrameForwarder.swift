import JSONCore

/// Passes a Responses stream on to a Responses client.
///
/// Edited are the model's name and rewritten tool names. Where frames are left out, or keep-alives added, the numbers of
/// the others follow; an empty final output is filled from the finished items.
final class ResponsesFrameForwarder: FrameForwarder {
    private let context: TranslationContext
    private let model: [UInt8]
    /// The response as the provider described it last.
    private var response: JSONValue?
    private var nextSequence = 0
    private var shift = 0
    /// Numbers of items that were left out.
    private var dropped: [Int] = []
    private var done: [Int: JSONValue] = [:]
    /// The last frame, which waits until the answer is known to be complete.
    private var terminal: (name: String?, event: JSONValue)?
    private(set) var storedAnswer: [UInt8]?

    init(context: TranslationContext) {
        self.context = context
        model = JSONLiteral.string(context.clientModel)
    }

    func forward(_ frame: StreamFrame, into out: inout [UInt8]) {
        switch frame.content {
        case .comment(let text): FrameWriting.comment(text, to: &out)
        case .json(let event): forward(event, name: frame.name, into: &out)
        }
    }

    private func forward(_ event: JSONValue, name: String?, into out: inout [UInt8]) {
        let type = event["type"]?.string ?? name ?? ""
        if isDropped(event, type) {
            if event["sequence_number"] != nil { shift -= 1 }
            return
        }
        if let response = event["response"], response.isObject { self.response = response }
        if Self.terminals.contains(type) || name.map(Self.terminals.contains) == true {
            terminal = (name, event)
            return
        }
        if type == "response.output_item.done", let index = event["output_index"]?.int { done[index] = event["item"] }
        FrameWriting.begin(name: name ?? type, to: &out)
        FrameWriting.data(edited(event), to: &out)
    }

    private static let terminals: Set<String> = [
        "response.completed", "response.incomplete", "response.done", "response.failed", "response.cancelled",
    ]

    /// Whether a frame is left out: vendors' own events and commentary, where the target's are not to be shown.
    private func isDropped(_ event: JSONValue, _ type: String) -> Bool {
        guard context.dropsCommentary else { return false }
        if type.hasPrefix("codex.") { return true }
        let index = event["output_index"]?.int
        if type == "response.output_item.added", event["item"]?["phase"]?.equals("commentary") == true {
            dropped.append(index ?? -1)
        }
        return index.map(dropped.contains) ?? false
    }

    private func edited(_ event: JSONValue) -> [UInt8] {
        let number = event["sequence_number"]
        if let known = number?.int { nextSequence = known &+ shift &+ 1 }
        let named = event["response"]?["model"]
        let isEdited = named != nil || context.continuedResponse != nil
        guard isEdited || shift != 0 || !dropped.isEmpty || !context.toolNames.isEmpty else {
            return event.document.bytes
        }
        var editor = JSONEditor(event.document)
        if let named { editor.replace(named, with: model) }
        if let response = event["response"], response.isObject {
            ResponsesBodyEdits.namePrevious(of: response, context, with: &editor)
        }
        if shift != 0, let number, let known = number.int {
            editor.replace(number, with: JSONLiteral.int(known &+ shift))
        }
        if !dropped.isEmpty, let value = event["output_index"], let index = value.int {
            editor.replace(value, with: JSONLiteral.int(index - dropped.count { $0 < index }))
        }
        if let item = event["item"] { ResponsesBodyEdits.rename(item, context, with: &editor) }
        if event["type"]?.equals("response.function_call_arguments.done") == true {
            ResponsesBodyEdits.rename(event, context, with: &editor)
        }
        return editor.finish()
    }

    // MARK: - End

    func finish(reason: StopReason, usage: Usage, into out: inout [UInt8]) {
        guard let terminal, let response = terminal.event["response"] else {
            return writeOwnEnd(reason, usage, into: &out)
        }
        let whole = finished(response)
        if context.keepsAnswer { storedAnswer = whole }
        FrameWriting.begin(name: terminal.name ?? terminal.event["type"]?.string, to: &out)
        guard let whole else { return FrameWriting.data(edited(terminal.event), to: &out) }
        var editor = JSONEditor(terminal.event.document)
        editor.replace(response, with: whole)
        if let number = terminal.event["sequence_number"], let known = number.int {
            editor.replace(number, with: JSONLiteral.int(known &+ shift))
        }
        FrameWriting.data(editor.finish(), to: &out)
    }

    /// The final response with its edits; `nil` if it cannot be read alone.
    private func finished(_ response: JSONValue) -> [UInt8]? {
        guard let document = try? JSONDocument.parse(Array(response.raw)) else { return nil }
        let root = document.root
        var editor = JSONEditor(document)
        editor.setMember("model", of: root, to: model)
        ResponsesBodyEdits.namePrevious(of: root, context, with: &editor)
        guard let output = root["output"], output.count > 0 else {
            if !done.isEmpty { editor.setMember("output", of: root, to: doneItems) }
            return editor.finish()
        }
        for item in output.elements {
            if context.dropsCommentary, item["phase"]?.equals("commentary") == true {
                editor.removeElement(item, of: output)
            } else {
                ResponsesBodyEdits.rename(item, context, with: &editor)
            }
        }
        return editor.finish()
    }

    private var doneItems: [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for (_, item) in done.sorted(by: { $0.key < $1.key }) {
            guard let document = try? JSONDocument.parse(Array(item.raw)) else { continue }
            var editor = JSONEditor(document)
            ResponsesBodyEdits.rename(document.root, context, with: &editor)
            writer.raw(bytes: editor.finish())
        }
        writer.endArray()
        return writer.bytes
    }

    private func writeOwnEnd(_ reason: StopReason, _ usage: Usage, into out: inout [UInt8]) {
        var object = ownObject
        object.stop = reason
        object.completedAt = context.completedAt
        object.usage = usage
        let isWhole = ResponsesObject.incompleteReason(reason) == nil
        let type: StaticString = isWhole ? "response.completed" : "response.incomplete"
        ResponsesEvent.write(object, as: type, sequence: &nextSequence, into: &out)
        if context.keepsAnswer { storedAnswer = object.bytes }
    }

    func fail(_ failure: Failure, into out: inout [UInt8]) {
        var object = ownObject
        object.failure = failure
        ResponsesEvent.write(object, as: "response.failed", sequence: &nextSequence, into: &out)
    }

    /// A response object of our own that goes on with the provider's.
    private var ownObject: ResponsesObject {
        var object = ResponsesObject(
            id: response?["id"]?.wireText ?? ResponsesItem.id("resp_", context.ids),
            createdAt: response?["created_at"]?.int ?? context.createdAt,
            model: context.clientModel,
            echo: response.map { ResponsesEcho.members(of: $0, continuing: context.continuedResponse) }
                ?? context.responsesEcho
        )
        object.output = done.sorted { $0.key < $1.key }.map { JSONCompaction.compact($0.value) }
        return object
    }

    func writeKeepAlive(into out: inout [UInt8]) {
        guard response != nil, terminal == nil else { return ResponsesCodec.writeKeepAlive(context, into: &out) }
        ResponsesEvent.write(ownObject, as: "response.in_progress", sequence: &nextSequence, into: &out)
        shift += 1
    }
}
