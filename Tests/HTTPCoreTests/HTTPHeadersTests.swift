import HTTPCore
import Testing

@Suite struct HTTPHeadersTests {
    @Test func `names match without regard to case`() {
        var headers = HTTPHeaders([("Content-Type", "a"), ("X", "1"), ("content-type", "b")])
        #expect(headers["CONTENT-TYPE"] == "a")
        #expect(headers.values("content-Type") == ["a", "b"])
        headers["content-type"] = "c"
        #expect(headers.fields.map(\.value) == ["c", "1"])
        headers["x"] = nil
        #expect(!headers.contains("X"))
    }

    @Test(arguments: [("a", "A", true), ("@", "`", false), ("[", "{", false), ("é", "É", false), ("ab", "a", false)])
    func `only ASCII letters fold`(left: String, right: String, equal: Bool) {
        #expect(left.equalsIgnoringASCIICase(right) == equal)
    }
}
