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
        var id = ""
        var name = ""
        var isCustom = false
        /// The arguments so far, unescaped.
        var arguments: [UInt8] = []
        /// The block of the answer, once opened.
        var block: Int?

        /// A name that comes in pieces is taken no further.
        private static let longestName = 1_024

        /// Takes a name, be it a piece of it, the name so far, or the name again; arguments say that it is whole.
        mutating func take(name piece: String) {
            guard name.isEmpty || arguments.isEmpty, name.utf8.count < Self.longestName else { return }
            if piece.hasPrefix(name) { name = piece } else { name += piece }
        }

        /// Opening waits for the name, and for the id until there is something to send.
        var isReadyToOpen: Bool { !name.isEmpty && (!id.isEmpty || !arguments.isEmpty) }
    }

    private var slots: [Slot] = []
    /// The last slot of each number.
    private var places: [Int: Int] = [:]
    private var usedIDs = DistinctIDs()

    subscript(slot: Int) -> Slot { slots[slot] }

    var hasOpened: Bool { slots.contains { $0.block != nil } }

    /// Slots with a name that are not open yet.
    var unopened: [Int] { slots.indices.filter { slots[$0].block == nil && !slots[$0].name.isEmpty } }

    var openBlocks: [Int] { slots.compactMap(\.block) }

    var lastOpenBlock: Int? { slots.last { $0.block != nil }?.block }

    /// Whether the arguments of every call are whole.
    var areComplete: Bool {
        slots.allSatisfy { $0.isCustom || $0.arguments.isEmpty || JSONBalance.isComplete($0.arguments) }
    }

    /// The slot that a fragment belongs to; a new one if none fits.
    mutating func slot(for fragment: ChatCallFragment) -> Int {
        let id = fragment.id ?? ""
        let name = fragment.name ?? ""
        if let index = fragment.index {
            if let found = places[index] {
                let isOther = !id.isEmpty && !slots[found].id.isEmpty && id != slots[found].id && !name.isEmpty
                if !isOther { return found }
            }
        } else if !id.isEmpty {
            if let found = slots.lastIndex(where: { $0.id == id }) { return found }
            if name.isEmpty, let last = slots.indices.last, slots[last].id.isEmpty { return last }
        } else if name.isEmpty || slots.last?.name == "", let last = slots.indices.last {
            return last
        }
        if let index = fragment.index { places[index] = slots.count }
        slots.append(Slot())
        return slots.count - 1
    }

    /// Takes over what a fragment says; returns the new part of the arguments.
    mutating func take(_ fragment: ChatCallFragment, into slot: Int, cumulative: Bool) -> JSONText? {
        if let name = fragment.name, slots[slot].block == nil { slots[slot].take(name: name) }
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
        let id = usedIDs.take(slots[slot].id.isEmpty ? fallback() : slots[slot].id)
        if slots[slot].id.isEmpty { slots[slot].id = id }
        return id
    }
}
