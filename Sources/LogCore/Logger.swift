private import Glibc
public import TimeCore

/// Writes log lines.
///
///     log.warn("upstream refused the key", .string("provider", "openai"), .int("status", 401))
public final class Logger: Sendable {
    /// How a line looks.
    public enum Format: Sendable {
        /// `12:00:00.123 WARN  gateway  message  name=value`
        case text
        /// One JSON object with `timestamp`, `level`, `component`, `msg` and the fields.
        case json
    }

    /// The longest line in bytes, its line feed included; longer ones are cut.
    public static let maximumLine = 8192

    /// Lines below this level are not written.
    public let level: LogLevel
    private let format: Format
    private let component: StaticString
    private let time: any TimeSource
    private let sink: @Sendable ([UInt8]) -> Void

    /// Creates a logger.
    ///
    /// - Parameters:
    ///   - level: the least level that is written.
    ///   - format: how lines look.
    ///   - component: the part of the program that speaks.
    ///   - time: stamps the lines.
    ///   - sink: takes a finished line with its line feed; standard error if nil.
    public init(
        level: LogLevel = .info,
        format: Format = .text,
        component: StaticString = "omniroute",
        time: any TimeSource = SystemTime(),
        sink: (@Sendable ([UInt8]) -> Void)? = nil
    ) {
        self.level = level
        self.format = format
        self.component = component
        self.time = time
        self.sink = sink ?? { line in _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) } }
    }

    /// A logger that discards everything.
    public static let silent = Logger(level: .fatal, sink: { _ in })

    /// The same logger, speaking for another part of the program.
    public func child(component: StaticString) -> Logger {
        Logger(level: level, format: format, component: component, time: time, sink: sink)
    }

    /// Logs what a developer wants to know.
    public func debug(_ message: StaticString, _ fields: LogField...) { log(.debug, message, fields) }

    /// Logs what an operator wants to know.
    public func info(_ message: StaticString, _ fields: LogField...) { log(.info, message, fields) }

    /// Logs something that went wrong and was dealt with.
    public func warn(_ message: StaticString, _ fields: LogField...) { log(.warn, message, fields) }

    /// Logs something that went wrong.
    public func error(_ message: StaticString, _ fields: LogField...) { log(.error, message, fields) }

    private func log(_ level: LogLevel, _ message: StaticString, _ fields: [LogField]) {
        guard level >= self.level else { return }
        var line: [UInt8] = []
        line.reserveCapacity(160)
        switch format {
        case .text: appendText(level, message, fields, to: &line)
        case .json: appendJSON(level, message, fields, to: &line)
        }
        line.append(0x0A)
        sink(line)
    }

    private func appendText(_ level: LogLevel, _ message: StaticString, _ fields: [LogField], to line: inout [UInt8]) {
        line.append(contentsOf: time.wall().iso8601.utf8.dropFirst(11).dropLast())
        line.append(contentsOf: " \(level.name.uppercased()) \(component): \(message)".utf8)
        for field in fields {
            line.append(contentsOf: " \(field.name)=".utf8)
            switch field.value {
            case .string(let text):
                let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x7F }
                if isPlain { line.append(contentsOf: text.utf8) } else { line.appendQuoted(text) }
            case .int(let number): line.append(contentsOf: String(number).utf8)
            case .double(let number): line.append(contentsOf: String(number).utf8)
            case .bool(let flag): line.append(contentsOf: (flag ? "true" : "false").utf8)
            }
        }
        line.cut(to: Self.maximumLine - 1)
    }

    private func appendJSON(_ level: LogLevel, _ message: StaticString, _ fields: [LogField], to line: inout [UInt8]) {
        line.append(contentsOf: #"{"timestamp":"\#(time.wall().iso8601)","level":"\#(level.name)""#.utf8)
        line.append(contentsOf: #","component":"\#(component)","msg":"#.utf8)
        line.appendQuoted("\(message)")
        for field in fields {
            var part: [UInt8] = [0x2C]
            part.appendQuoted("\(field.name)")
            part.append(0x3A)
            switch field.value {
            case .string(let text): part.appendQuoted(text)
            case .int(let number): part.append(contentsOf: String(number).utf8)
            case .double(let number): part.append(contentsOf: (number.isFinite ? String(number) : "null").utf8)
            case .bool(let flag): part.append(contentsOf: (flag ? "true" : "false").utf8)
            }
            // A line that was cut in the middle would not be JSON any more: leave out what does not fit.
            guard line.count + part.count + 2 <= Self.maximumLine else { continue }
            line.append(contentsOf: part)
        }
        line.append(0x7D)
    }
}

extension [UInt8] {
    /// Appends a JSON string; control characters are escaped.
    fileprivate mutating func appendQuoted(_ text: String) {
        append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C:
                append(0x5C)
                append(byte)
            case 0x0A: append(contentsOf: [0x5C, 0x6E])
            case 0..<0x20, 0x7F:
                let digits = Array("0123456789abcdef".utf8)
                append(contentsOf: [0x5C, 0x75, 0x30, 0x30, digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            default: append(byte)
            }
        }
        append(0x22)
    }

    /// Cuts at most to `limit` bytes, never inside a UTF-8 character.
    fileprivate mutating func cut(to limit: Int) {
        guard count > limit else { return }
        var end = limit
        while end > 0, self[end] & 0xC0 == 0x80 { end -= 1 }
        removeLast(count - end)
    }
}
