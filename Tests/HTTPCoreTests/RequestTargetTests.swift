import HTTPCore
import Testing

@Suite struct RequestTargetTests {
    @Test func `path and query are decoded once`() throws {
        let target = try RequestTarget.parse("/v1/models/a%20b%2525?x=1+2&y=%C3%A9&flag&bad=%zz")
        #expect(target.path == "/v1/models/a b%25")
        #expect(target.segments == ["v1", "models", "a b%25"])
        #expect(target.queryValue("x") == "1 2")
        #expect(target.queryValue("y") == "é")
        #expect(target.queryValue("flag") == "")
        #expect(target.queryValue("bad") == nil)
    }

    @Test(arguments: [
        ("", RequestTarget.Problem.notAPath), ("http://x/", .notAPath), ("*", .notAPath), ("/a#b", .forbiddenCharacter),
        ("/a b", .forbiddenCharacter), ("/a\\b", .forbiddenCharacter), ("/a%2Fb", .forbiddenCharacter),
        ("/a%5cb", .forbiddenCharacter), ("/a%00", .forbiddenCharacter), ("/a%0a", .forbiddenCharacter),
        ("/%zz", .badEscape), ("/%4", .badEscape), ("/%ff", .badEscape), ("/a/../b", .dotSegment),
        ("/%2e%2e/b", .dotSegment),
        ("/./b", .dotSegment), ("/a/.", .dotSegment), ("/a/..", .dotSegment), ("/..", .dotSegment),
        ("/a/.?x", .dotSegment),
    ])
    func `ambiguous targets are refused`(raw: String, problem: RequestTarget.Problem) {
        #expect(throws: problem) { try RequestTarget.parse(raw) }
    }

    @Test func `an encoded slash is one only behind the beginnings that say so`() throws {
        let beginnings = ["/v1/models/"]
        let target = try RequestTarget.parse("/v1/models/ds%2Fchat%2fx?y=%2F", encodedSlashesBelow: beginnings)
        #expect(target.path == "/v1/models/ds/chat/x")
        for raw in [
            "/v1%2Fmodels/x", "/v1/models%2Fx", "/V1/models/a%2Fb", "/v1/models/a%2F..%2Fb", "/v1/models/a%5Cb",
        ] {
            #expect(throws: RequestTarget.Problem.self) {
                try RequestTarget.parse(raw, encodedSlashesBelow: beginnings)
            }
        }
    }

    @Test func `a final slash is an empty segment`() throws {
        #expect(try RequestTarget.parse("/").segments == [""])
        #expect(try RequestTarget.parse("/a/").segments == ["a", ""])
    }

    @Test func `encoding escapes all but unreserved characters`() {
        #expect(Percent.encode("a/b c~é") == "a%2Fb%20c~%C3%A9")
        #expect(Percent.encode("a/b", keeping: "/") == "a/b")
    }

    @Test(arguments: ["/...", "/.a/b..", "/a/.b", "/a.", "//"])
    func `dots within a name are a part of it`(raw: String) throws {
        #expect(try RequestTarget.parse(raw).path == raw)
    }

    @Test(arguments: [("/a", ""), ("/a?", ""), ("/a?b?c", "b?c"), ("/%61?%62", "%62"), ("/a?../x", "../x")])
    func `the query is kept as it came`(raw: String, query: String) throws {
        #expect(try RequestTarget.parse(raw).rawQuery == query)
    }
}
