public import HTTPCore

/// What a router found for a request.
public enum RouteMatch<Payload: Sendable>: Sendable {
    /// The route's payload and the values of its parameters.
    case found(Payload, parameters: [String: String])
    /// The path exists, with these methods only.
    case methodNotAllowed(allow: [HTTPMethod])
    /// No route has this path.
    case notFound
}

/// Finds routes by method and path.
///
///     router.add(.get, "/v1/models", list)
///     router.add(.get, "/v1/models/{id...}", show)          // {name...} takes the rest of the path, at least one segment
///     router.add(.post, "/api/keys/{id}/rotate", rotate)    // {name} takes one segment that is not empty
///
/// A literal segment goes before a parameter, a parameter before the rest. HEAD is answered by GET's route unless it has
/// one of its own.
public struct Router<Payload: Sendable>: Sendable {
    private var root = Node()
    /// The routes without parameters by path, which most requests ask for: nothing goes before them, so one look is enough.
    @usableFromInline var fixed: [String: [FixedRoute]] = [:]

    @usableFromInline
    struct FixedRoute: Sendable {
        @usableFromInline let method: HTTPMethod
        @usableFromInline let payload: Payload
    }

    private final class Node: Sendable {
        let literals: [Substring: Node]
        let parameter: Node?
        let rest: [HTTPMethod: Leaf]
        let leaves: [HTTPMethod: Leaf]

        init(
            literals: [Substring: Node] = [:],
            parameter: Node? = nil,
            rest: [HTTPMethod: Leaf] = [:],
            leaves: [HTTPMethod: Leaf] = [:]
        ) {
            self.literals = literals
            self.parameter = parameter
            self.rest = rest
            self.leaves = leaves
        }
    }

    /// The names stand with the route, not the path: two methods may name a segment differently.
    private struct Leaf: Sendable {
        var payload: Payload
        var names: [String]
    }

    /// A router without routes.
    public init() {}

    /// Adds a route; the last one added for a method and pattern counts.
    public mutating func add(_ method: HTTPMethod, _ pattern: String, _ payload: Payload) {
        let segments = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        let names = segments.compactMap { Self.parameterName($0)?.name }
        root = Self.adding(method, Leaf(payload: payload, names: names), segments[...], to: root)
        guard names.isEmpty else { return }
        fixed[pattern, default: []].removeAll { $0.method == method }
        fixed[pattern, default: []].append(FixedRoute(method: method, payload: payload))
    }

    private static func adding(
        _ method: HTTPMethod,
        _ leaf: Leaf,
        _ segments: ArraySlice<Substring>,
        to node: Node
    ) -> Node {
        var (literals, parameter, rest, leaves) = (node.literals, node.parameter, node.rest, node.leaves)
        if let segment = segments.first {
            switch parameterName(segment) {
            case (_, true)?: rest[method] = leaf
            case (_, false)?: parameter = adding(method, leaf, segments.dropFirst(), to: parameter ?? Node())
            case nil:
                literals[segment] = adding(method, leaf, segments.dropFirst(), to: literals[segment] ?? Node())
            }
        } else {
            leaves[method] = leaf
        }
        return Node(literals: literals, parameter: parameter, rest: rest, leaves: leaves)
    }

    /// The name in `{name}` or `{name...}`, nil for a literal.
    private static func parameterName(_ segment: Substring) -> (name: String, isRest: Bool)? {
        guard segment.hasPrefix("{"), segment.hasSuffix("}") else { return nil }
        let name = segment.dropFirst().dropLast()
        return name.hasSuffix("...") ? (String(name.dropLast(3)), true) : (String(name), false)
    }

    /// Finds the route of a request.
    @inlinable
    public func match(_ method: HTTPMethod, _ target: RequestTarget) -> RouteMatch<Payload> {
        if let routes = fixed[target.path] {
            for route in routes where route.method == method { return .found(route.payload, parameters: [:]) }
        }
        return search(method, target)
    }

    /// Goes through the whole tree.
    @usableFromInline
    func search(_ method: HTTPMethod, _ target: RequestTarget) -> RouteMatch<Payload> {
        var allowed: Set<HTTPMethod> = []
        var values: [String] = []
        if let leaf = find(method, target.segments[...], in: root, &values, &allowed) {
            let parameters = Dictionary(zip(leaf.names, values), uniquingKeysWith: { _, last in last })
            return .found(leaf.payload, parameters: parameters)
        }
        guard !allowed.isEmpty else { return .notFound }
        if allowed.contains(.get) { allowed.insert(.head) }
        return .methodNotAllowed(allow: allowed.sorted { $0.rawValue < $1.rawValue })
    }

    /// Goes down the tree; collects the methods of every route that has the path but not the method.
    private func find(
        _ method: HTTPMethod,
        _ segments: ArraySlice<Substring>,
        in node: Node,
        _ values: inout [String],
        _ allowed: inout Set<HTTPMethod>
    ) -> Leaf? {
        guard let segment = segments.first else { return pick(method, node.leaves, &allowed) }
        if let next = node.literals[segment],
            let leaf = find(method, segments.dropFirst(), in: next, &values, &allowed)
        {
            return leaf
        }
        if let next = node.parameter, !segment.isEmpty {
            values.append(String(segment))
            if let leaf = find(method, segments.dropFirst(), in: next, &values, &allowed) { return leaf }
            values.removeLast()
        }
        guard !node.rest.isEmpty, !segment.isEmpty, let leaf = pick(method, node.rest, &allowed) else { return nil }
        values.append(segments.joined(separator: "/"))
        return leaf
    }

    private func pick(_ method: HTTPMethod, _ leaves: [HTTPMethod: Leaf], _ allowed: inout Set<HTTPMethod>) -> Leaf? {
        if let leaf = leaves[method] ?? (method == .head ? leaves[.get] : nil) { return leaf }
        allowed.formUnion(leaves.keys)
        return nil
    }
}
