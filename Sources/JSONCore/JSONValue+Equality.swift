extension JSONValue {
    /// Whether both values say the same: members in any order (of duplicates the last), strings however they are escaped,
    /// numbers by value.
    ///
    /// Meant for tests; nesting is followed by recursion.
    public func isStructurallyEqual(to other: JSONValue) -> Bool {
        guard kind == other.kind else { return false }
        switch kind {
        case .null: return true
        case .bool: return bool == other.bool
        case .number: return isSameNumber(as: other)
        case .string: return text == other.text
        case .array:
            return count == other.count
                && zip(elements, other.elements).allSatisfy { $0.isStructurallyEqual(to: $1) }
        case .object:
            let (mine, theirs) = (lastMembers(), other.lastMembers())
            return mine.count == theirs.count
                && mine.allSatisfy { key, value in theirs[key].map(value.isStructurallyEqual) ?? false }
        }
    }

    private func isSameNumber(as other: JSONValue) -> Bool {
        if raw == other.raw { return true }
        if let mine = int, let theirs = other.int { return mine == theirs }
        // Integers beyond Int differ when their digits do; doubles would merge neighbours.
        guard node.isFlagged || other.node.isFlagged, let mine = double, let theirs = other.double else { return false }
        return mine == theirs
    }

    private func lastMembers() -> [[UInt8]: JSONValue] {
        var result: [[UInt8]: JSONValue] = [:]
        for (key, value) in members {
            var bytes: [UInt8] = []
            key.appendUnescaped(to: &bytes)
            result[bytes] = value
        }
        return result
    }
}
