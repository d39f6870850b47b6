import JSONCore

/// What one frame says about one tool call.
struct ChatCallFragment {
    var index: Int?
    var id: String?
    var name: String?
    /// Text, or an object from servers that do not serialise it.
    var arguments: JSONValue?
    var isCustom: Bool
}

/// The calls of one choice while they arrive in fragments.
///
/// Servers number calls by `index`, but some always send 0, some leave it out in later fragments and some repeat the
/// id or the arguments, so a fragment's slot is found by all it says.
struct ChatCallTable {
    struct Slot {
        var index: Int?
        var id = ""
        var name = ""
        var isCustom = false
        /// The arguments so far, unescaped.
        var arguments: [UInt8] = []
        /// The block of the answer, once opened.
        var block: Int?

        /// Opening waits for the name, and for the id until there is something to send.
        var isReadyToOpen: Bool { !name.isEmpty && (!id.isEmpty || !arguments.isEmpty) }
    }

    private var slots: [Slot] = []
    private var usedIDs: Set<String> = []

    subscript(slot: Int) -> Slot { slots[slot] }

    var hasOpened: Bool { slots.contains { $0.block != nil } }

    /// Slots with a name that are not open yet.
    var unopened: [Int] { slots.indices.filter { slots[$0].block == nil && !slots[$0].name.isEmpty } }

    var openBlocks: [Int] { slots.compactMap(\.block) }

    /// Whether the arguments of every call are whole.
    var areComplete: Bool {
        slots.allSatisfy { $0.isCustom || $0.arguments.isEmpty || JSONBalance.isComplete($0.arguments) }
    }

    /// The slot that a fragment belongs to; a new one if none fits.
    mutating func slot(for fragment: ChatCallFragment) -> Int {
        let id = fragment.id ?? ""
        let name = fragment.name ?? ""
        if let index = fragment.index {
            if let found = slots.lastIndex(where: { $0.index == index }) {
                let isOther = !id.isEmpty && !slots[found].id.isEmpty && id != slots[found].id && !name.isEmpty
                if !isOther { return found }
            }
        } else if !id.isEmpty {
            if let found = slots.lastIndex(where: { $0.id == id }) { return found }
            if name.isEmpty, let last = slots.indices.last, slots[last].id.isEmpty { return last }
        } else if name.isEmpty || slots.last?.name == "", let last = slots.indices.last {
            return last
        }
        slots.append(Slot(index: fragment.index))
        return slots.count - 1
    }

    /// Takes over what a fragment says; returns the new part of the arguments.
    mutating func take(_ fragment: ChatCallFragment, into slot: Int, cumulative: Bool) -> JSONText? {
        if slots[slot].name.isEmpty, let name = fragment.name { slots[slot].name = name }
        if slots[slot].id.isEmpty, let id = fragment.id { slots[slot].id = id }
        if fragment.isCustom { slots[slot].isCustom = true }
        guard let arguments = fragment.arguments else { return nil }
        if let text = arguments.text { return text.isEmpty ? nil : take(text, into: slot, cumulative: cumulative) }
        guard arguments.isObject, slots[slot].arguments.isEmpty else { return nil }
        let snapshot = JSONCompaction.compact(arguments)
        slots[slot].arguments = snapshot
        return JSONText(String(decoding: snapshot, as: UTF8.self))
    }

    private mutating func take(_ text: JSONText, into slot: Int, cumulative: Bool) -> JSONText? {
        let known = slots[slot].arguments.count
        text.appendUnescaped(to: &slots[slot].arguments)
        guard known > 0 else { return text }
        let added = slots[slot].arguments.count - known
        let old = slots[slot].arguments[..<known]
        let new = slots[slot].arguments[known...]
        if added == known, old.elementsEqual(new), JSONBalance.isComplete(Array(old)) {
            slots[slot].arguments.removeLast(added)
            return nil
        }
        if cumulative, added >= known, new.starts(with: old) {
            let suffix = Array(new.dropFirst(known))
            slots[slot].arguments.removeSubrange(..<known)
            return suffix.isEmpty ? nil : JSONText(String(decoding: suffix, as: UTF8.self))
        }
        return text
    }

    /// Marks a slot as open and returns its id, which is made here if the server gave none and made unique if the
    /// server gave it before.
    mutating func open(_ slot: Int, as block: Int, generating fallback: () -> String) -> String {
        slots[slot].block = block
        let given = slots[slot].id.isEmpty ? fallback() : slots[slot].id
        var id = given
        var copy = 2
        while !usedIDs.insert(id).inserted {
            id = "\(given)_\(copy)"
            copy += 1
        }
        if slots[slot].id.isEmpty { slots[slot].id = id }
        return id
    }
}
