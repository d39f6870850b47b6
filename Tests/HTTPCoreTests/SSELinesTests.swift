import Testing

@testable import HTTPCore

struct SSELinesTests {
    @Test func `a chunk is let go of when it was read to its end`() {
        var lines = SSELines()
        lines.append(Array("data: 1\n\n".utf8))
        while lines.next() != nil { #expect(!lines.bytes.isEmpty) }
        #expect(lines.bytes.isEmpty && lines.pendingCount == 0)
        lines.append(Array("data: 2\r".utf8))
        #expect(lines.next() == 0..<7)
        #expect(lines.next() == nil && lines.bytes.isEmpty)
        // The second half of a line end that was cut in two.
        lines.append(Array("\ndata".utf8))
        #expect(lines.next() == nil)
        #expect(lines.pendingCount == 4 && !lines.bytes.isEmpty)
    }
}
