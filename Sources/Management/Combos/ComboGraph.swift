/// The references between combos.
struct ComboGraph: Sendable {
    /// The names each combo refers to.
    private let references: [String: [String]]

    init(_ references: [String: [String]]) {
        self.references = references
    }

    /// What is wrong with the combos reachable from one.
    enum Fault: Sendable, Hashable {
        /// A combo that contains itself.
        case circle(String)
        /// A chain longer than allowed.
        case tooDeep
    }

    /// Follows every chain from a combo; `limit` combos may follow one another.
    func fault(from start: String, limit: Int) -> Fault? {
        var marks: [String: Mark] = [:]
        switch depth(of: start, &marks) {
        case .failure(let circle): return .circle(circle.name)
        case .success(let depth): return depth > limit ? .tooDeep : nil
        }
    }

    private enum Mark { case open, done(depth: Int) }
    private struct Circle: Error { let name: String }

    /// The length of the longest chain from a combo.
    ///
    /// Every combo is visited once, however many ways lead to it.
    private func depth(of name: String, _ marks: inout [String: Mark]) -> Result<Int, Circle> {
        switch marks[name] {
        case .open: return .failure(Circle(name: name))
        case .done(let depth): return .success(depth)
        case nil: break
        }
        marks[name] = .open
        var deepest = 0
        for next in references[name] ?? [] {
            switch depth(of: next, &marks) {
            case .success(let depth): deepest = max(deepest, depth)
            case .failure(let circle): return .failure(circle)
            }
        }
        marks[name] = .done(depth: deepest + 1)
        return .success(deepest + 1)
    }
}
