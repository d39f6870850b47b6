/// A dictionary with `Int` keys that usually has a handful of entries: those are found by looking through them, and only many
/// entries are hashed.
struct SmallMap<Value: Sendable>: Sendable {
    /// Up to so many entries are looked through.
    private static var few: Int { 16 }

    /// Entries in the order in which they were added.
    private(set) var entries: [(key: Int, value: Value)] = []
    /// Places in `entries`; filled once there are many.
    private var places: [Int: Int] = [:]

    var isEmpty: Bool { entries.isEmpty }

    /// The entry of a map that has just one.
    var only: (key: Int, value: Value)? { entries.count == 1 ? entries.first : nil }

    subscript(key: Int) -> Value? {
        place(of: key).map { entries[$0].value }
    }

    mutating func set(_ key: Int, to value: Value) {
        change(key, from: value) { $0 = value }
    }

    /// Changes an entry in its place, which `initial` begins when there is none.
    mutating func change(_ key: Int, from initial: @autoclosure () -> Value, _ body: (inout Value) -> Void) {
        if let place = place(of: key) { return body(&entries[place].value) }
        var value = initial()
        body(&value)
        entries.append((key, value))
        if entries.count > Self.few { index(fromEmpty: places.isEmpty) }
    }

    /// Changes an entry that is there already.
    mutating func changeKnown(_ key: Int, _ body: (inout Value) -> Void) {
        if let place = place(of: key) { body(&entries[place].value) }
    }

    private func place(of key: Int) -> Int? {
        places.isEmpty ? entries.firstIndex { $0.key == key } : places[key]
    }

    private mutating func index(fromEmpty: Bool) {
        for place in (fromEmpty ? 0 : entries.count - 1)..<entries.count { places[entries[place].key] = place }
    }
}
