import HTTPCore
import Testing

struct SSEWriterTests {
    private func text(_ body: (inout [UInt8]) -> Void) -> String {
        var out: [UInt8] = []
        body(&out)
        return String(decoding: out, as: UTF8.self)
    }

    @Test func `an event has its name and one data line`() {
        #expect(
            text { SSEWriter.write(event: "delta", data: [UInt8]("{}".utf8), to: &$0) } == "event: delta\ndata: {}\n\n"
        )
        #expect(text { SSEWriter.write(event: nil, data: [UInt8]("{}".utf8), to: &$0) } == "data: {}\n\n")
        #expect(text { SSEWriter.write(event: nil, data: [], to: &$0) } == "data: \n\n")
    }

    @Test(
        arguments: zip(
            ["a\nb", "a\rb", "a\r\nb", "a\n\rb", "\n", "\r\n\r\n", "x\n\ndata: [DONE]\n\n", "a\n\r\n"],
            ["a\nb", "a\nb", "a\nb", "a\n\nb", "\n", "\n\n", "x\n\ndata: [DONE]\n\n", "a\n\n"]
        )
    )
    func `line ends in data cannot forge an event`(_ data: String, _ received: String) throws {
        var out: [UInt8] = []
        SSEWriter.write(event: "e", data: [UInt8](data.utf8), to: &out)
        let events = try events(of: [out])
        #expect(events.map(summary) == ["e|\(received)"])
    }

    @Test func `a name from elsewhere cannot forge a line`() {
        #expect(
            text { SSEWriter.write(name: "a\ndata: x\r", data: [0x31], to: &$0) } == "event: adata: x\ndata: 1\n\n"
        )
        #expect(text { SSEWriter.write(name: nil, data: [0x31], to: &$0) } == "data: 1\n\n")
    }

    @Test func `a comment is one line and a blank one`() throws {
        let comment = text { SSEWriter.comment("ping", to: &$0) }
        #expect(comment == ": ping\n\n")
        #expect(try events(of: comment).map(summary) == [":ping"])
    }

    @Test func `a slice is written without what is around it`() {
        let data = [UInt8]("xx1\r\n2yy".utf8)
        #expect(text { SSEWriter.write(event: nil, data: data[2..<6], to: &$0) } == "data: 1\ndata: 2\n\n")
    }
}
