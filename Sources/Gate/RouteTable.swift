package import HTTPCore
package import HTTPServer

/// All routes of the server behind one lookup.
package struct RouteTable: Sendable {
    package let routes: [Route]
    private var router = Router<Int>()

    package init(_ routes: [Route]) {
        self.routes = routes
        var taken: Set<String> = []
        for (index, route) in routes.enumerated() {
            for path in [route.path] + route.aliases {
                // An alias never displaces a route that was written down under that path.
                let isAlias = path != route.path
                if isAlias, routes.contains(where: { $0.method == route.method && $0.path == path }) { continue }
                let isNew = taken.insert("\(route.method.rawValue) \(path)").inserted
                precondition(isNew, "two routes for \(route.method.rawValue) \(path)")
                router.add(route.method, path, index)
            }
        }
    }

    /// The route for a request, or why there is none.
    package func match(_ method: HTTPMethod, _ target: RequestTarget) -> RouteMatch<Int> {
        router.match(method, target)
    }
}
