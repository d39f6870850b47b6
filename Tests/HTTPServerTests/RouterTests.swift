import HTTPCore
import HTTPServer
import Testing

struct RouterTests {
    private let router: Router<String> = {
        var router = Router<String>()
        router.add(.get, "/", "root")
        router.add(.get, "/v1/models", "list")
        router.add(.get, "/v1/models/{id...}", "model")
        router.add(.post, "/v1/chat/completions", "chat")
        router.add(.post, "/v1/providers/{provider}/chat/completions", "provider chat")
        router.add(.get, "/api/keys/{id}", "key")
        router.add(.delete, "/api/keys/{key}", "delete key")
        router.add(.head, "/api/keys/{id}", "key head")
        router.add(.get, "/api/keys/new", "new key")
        router.add(.post, "/api/keys/{id}/rotate", "rotate")
        router.add(.get, "/files/{path...}", "file")
        return router
    }()

    private func describe(_ method: HTTPMethod, _ path: String) throws -> String {
        switch router.match(method, try RequestTarget.parse(path)) {
        case .found(let payload, let parameters):
            ([payload] + parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }).joined(separator: " ")
        case .methodNotAllowed(let allow): "allow " + allow.map(\.rawValue).joined(separator: ",")
        case .notFound: "nothing"
        }
    }

    @Test(arguments: [
        ("GET", "/", "root"),
        ("GET", "/v1/models", "list"),
        ("GET", "/v1/models?limit=2", "list"),
        ("GET", "/v1/models/openai/gpt-4o", "model id=openai/gpt-4o"),
        ("GET", "/v1/models/a%20b", "model id=a b"),
        ("POST", "/v1/providers/x/chat/completions", "provider chat provider=x"),
        ("GET", "/api/keys/new", "new key"),
        ("GET", "/api/keys/7", "key id=7"),
        ("DELETE", "/api/keys/7", "delete key key=7"),
        ("POST", "/api/keys/new/rotate", "rotate id=new"),
        ("GET", "/files/a/b/", "file path=a/b/"),
    ])
    func `the most literal route is found`(_ method: String, _ path: String, _ expected: String) throws {
        #expect(try describe(HTTPMethod(rawValue: method), path) == expected)
    }

    @Test(arguments: ["/v1", "/v1/models/", "/v1/chat/completions/", "/v2", "/api/keys/", "/V1/models", "//", "/files"])
    func `other paths are not found`(_ path: String) throws {
        #expect(try describe(.get, path) == "nothing")
    }

    @Test func `a path with other methods says which`() throws {
        #expect(try describe(.put, "/api/keys/7") == "allow DELETE,GET,HEAD")
        #expect(try describe(.get, "/v1/chat/completions") == "allow POST")
        #expect(try describe(.options, "/v1/models") == "allow GET,HEAD")
    }

    @Test func `HEAD falls back to GET`() throws {
        #expect(try describe(.head, "/v1/models") == "list")
        #expect(try describe(.head, "/api/keys/7") == "key head id=7")
    }

    @Test(arguments: ["/a/b", "/a/{name}"]) func `the last of two equal routes counts`(_ pattern: String) throws {
        var router = Router<String>()
        router.add(.get, pattern, "first")
        router.add(.post, pattern, "other")
        router.add(.get, pattern, "last")
        guard case .found(let payload, _) = router.match(.get, try RequestTarget.parse("/a/b")) else {
            Issue.record("no route")
            return
        }
        #expect(payload == "last")
    }

    @Test func `a literal path without the method leaves it to the patterns`() throws {
        var router = Router<String>()
        router.add(.get, "/a/new", "literal")
        router.add(.post, "/a/{id}", "pattern")
        guard case .found(let payload, let parameters) = router.match(.post, try RequestTarget.parse("/a/new")) else {
            Issue.record("no route")
            return
        }
        #expect(payload == "pattern" && parameters == ["id": "new"])
    }
}
