import JSONCore

/// The `$ref`s of one schema: where they lead, and which of them lead back to themselves.
///
/// Everything is looked up once, because a schema may have tens of thousands of them.
final class SchemaReferences {
    private let root: JSONValue
    private var targets: [String: JSONValue?] = [:]
    private var tables: [Int: MemberTable] = [:]
    private var lists: [Int: [JSONValue]] = [:]
    /// Where the values stand that lead back to themselves.
    private lazy var circles = SchemaCircles.places(in: root, self)

    init(_ root: JSONValue) {
        self.root = root
    }

    /// Whether a reference leads to a place of the same schema that does not lead back to itself.
    func isUsable(_ reference: JSONValue) -> Bool {
        guard let pointer = reference.string, let target = resolve(pointer) else { return false }
        return !circles.contains(target.range.lowerBound)
    }

    func resolve(_ pointer: String) -> JSONValue? {
        if let known = targets[pointer] { return known }
        let target = find(pointer)
        targets[pointer] = .some(target)
        return target
    }

    private func find(_ pointer: String) -> JSONValue? {
        guard pointer.hasPrefix("#") else { return nil }
        var value = root
        for segment in pointer.dropFirst().split(separator: "/") {
            let name = String(segment.replacing("~1", with: "/").replacing("~0", with: "~"))
            guard let next = value.isArray ? element(name, of: value) : member(name, of: value) else { return nil }
            value = next
        }
        return value
    }

    private func element(_ name: String, of list: JSONValue) -> JSONValue? {
        let place = list.range.lowerBound
        let elements = lists[place] ?? Array(list.elements)
        lists[place] = elements
        guard let index = Int(name), elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    private func member(_ name: String, of object: JSONValue) -> JSONValue? {
        let place = object.range.lowerBound
        let table = tables[place] ?? MemberTable(object)
        tables[place] = table
        return table[name]
    }
}

/// Finds the parts of a schema that refer to themselves, by way of others or not.
private struct SchemaCircles {
    private let references: SchemaReferences
    /// The references in their order: where each stands, and the number of its target.
    private var places: [Int] = []
    private var ends: [Int] = []
    /// The values that are referred to, and their numbers by place.
    private var targets: [JSONValue] = []
    private var numbers: [Int: Int] = [:]

    static func places(in root: JSONValue, _ references: SchemaReferences) -> Set<Int> {
        var search = SchemaCircles(references: references)
        search.collect(root)
        var circles = CircleSearch(count: search.targets.count)
        return Set(circles.run(search.next).map { search.targets[$0].range.lowerBound })
    }

    private init(references: SchemaReferences) {
        self.references = references
    }

    // The parser's depth limit bounds the recursion.
    private mutating func collect(_ value: JSONValue) {
        for element in value.elements { collect(element) }
        for (key, member) in value.members {
            guard key.equals("$ref"), let pointer = member.string else {
                collect(member)
                continue
            }
            guard let target = references.resolve(pointer) else { continue }
            let number = numbers[target.range.lowerBound] ?? targets.count
            if number == targets.count {
                numbers[target.range.lowerBound] = number
                targets.append(target)
            }
            places.append(member.range.lowerBound)
            ends.append(number)
        }
    }

    /// The targets of the references inside a target, which stand next to each other.
    private func next(_ number: Int) -> ArraySlice<Int> {
        let range = targets[number].range
        return ends[first(from: range.lowerBound)..<first(from: range.upperBound)]
    }

    private func first(from place: Int) -> Int {
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if places[middle] < place { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// The nodes of a graph from which a way leads back to themselves (Tarjan's algorithm, without recursion).
private struct CircleSearch {
    private var order: [Int]
    private var lowest: [Int]
    private var isOpen: [Bool]
    private var open: [Int] = []
    private var path: [(node: Int, done: Int)] = []
    private var count = 0
    private var circular: [Int] = []

    init(count: Int) {
        order = Array(repeating: -1, count: count)
        lowest = order
        isOpen = Array(repeating: false, count: count)
    }

    mutating func run(_ next: (Int) -> ArraySlice<Int>) -> [Int] {
        for start in order.indices where order[start] < 0 {
            enter(start)
            while let (node, done) = path.last {
                let ends = next(node)
                guard done < ends.count else {
                    leave(node)
                    continue
                }
                path[path.count - 1].done += 1
                let end = ends[ends.startIndex + done]
                if order[end] < 0 {
                    enter(end)
                } else if isOpen[end] {
                    lowest[node] = min(lowest[node], order[end])
                    if end == node { circular.append(node) }
                }
            }
        }
        return circular
    }

    private mutating func enter(_ node: Int) {
        (order[node], lowest[node]) = (count, count)
        count += 1
        isOpen[node] = true
        open.append(node)
        path.append((node, 0))
    }

    private mutating func leave(_ node: Int) {
        path.removeLast()
        if let (before, _) = path.last { lowest[before] = min(lowest[before], lowest[node]) }
        guard lowest[node] == order[node], let start = open.lastIndex(of: node) else { return }
        if open.count - start > 1 { circular += open[start...] }
        for member in open[start...] { isOpen[member] = false }
        open.removeSubrange(start...)
    }
}
