import JSONCore

/// The members of an object by name, for many look-ups in turn: a large object is read once, a small one looked through.
struct MemberTable {
    /// Up to so many members are looked through.
    private static let few = 32

    private let object: JSONValue
    private var members: [[UInt8]: JSONValue] = [:]

    init(_ object: JSONValue) {
        self.object = object
        guard object.count > Self.few else { return }
        members.reserveCapacity(object.count)
        for (key, value) in object.members {
            var name: [UInt8] = []
            key.appendUnescaped(to: &name)
            members[name] = value
        }
    }

    /// The member with this name; of duplicates the last.
    subscript(_ name: String) -> JSONValue? { members.isEmpty ? object.member(name) : members[Array(name.utf8)] }
}
