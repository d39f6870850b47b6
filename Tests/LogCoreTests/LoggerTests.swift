import Foundation
import LogCore
import Synchronization
import Testing
import TimeCore

/// Collects what a logger writes.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func logger(_ format: Logger.Format, level: LogLevel = .info) -> Logger {
        Logger(level: level, format: format, component: "test", time: ManualTime(wall: WallTime(milliseconds: 123))) {
            bytes in
            self.lines.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
        }
    }
}

@Suite struct LoggerTests {
    @Test func `text lines name level, component and fields`() {
        let lines = Lines()
        lines.logger(.text).warn("it broke", .string("who", "me"), .int("times", 2), .bool("again", true))
        #expect(lines.all == ["00:00:00.123 WARN test: it broke who=me times=2 again=true\n"])
    }

    @Test func `lines below the level are not written`() {
        let lines = Lines()
        lines.logger(.text, level: .warn).info("quiet")
        #expect(lines.all.isEmpty)
    }

    @Test func `control characters cannot forge a line`() {
        let lines = Lines()
        lines.logger(.text).info("x", .string("value", "a\n12:00 ERROR \u{1B}[31m"))
        #expect(lines.all == ["00:00:00.123 INFO test: x value=\"a\\n12:00 ERROR \\u001b[31m\"\n"])
    }

    @Test(arguments: [10, 8000, 100_000]) func `JSON lines stay valid and bounded`(length: Int) throws {
        let lines = Lines()
        lines.logger(.json).error(
            "big \"one\"",
            .string("text", String(repeating: "é", count: length)),
            .double("n", .nan)
        )
        let line = try #require(lines.all.first)
        #expect(line.utf8.count <= Logger.maximumLine)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["msg"] as? String == "big \"one\"")
        #expect((object["text"] != nil) == (length == 10))
    }

    @Test func `long text lines are cut between characters`() {
        let lines = Lines()
        lines.logger(.text).info("x", .string("value", String(repeating: "é", count: 9000)))
        #expect(lines.all[0].utf8.count <= Logger.maximumLine)
        #expect(!lines.all[0].contains("\u{FFFD}"))
    }
}
