import HTTPCore
import JSONCore

/// Tells from the content type and the first bytes in which form a provider answers, and keeps the bytes until then.
struct AnswerSniffer {
    enum Verdict {
        case undecided
        /// Server-sent events; the bytes so far belong to them.
        case stream([UInt8])
        /// One JSON body; the bytes stay here until it is complete.
        case whole
        /// Neither, for example a web page.
        case unreadable
    }

    /// How much of an event stream that looks like JSON is kept, in case that is what it is.
    private static let keptLimit = 1 << 20

    private let saysStream: Bool
    private let saysJSON: Bool
    /// Whether every line is an event of its own.
    private(set) var saysLines: Bool
    /// Whether a provider of lines may call its stream plain JSON.
    private let mayBeLines: Bool
    private var bytes: [UInt8] = []
    private var isWhole = false
    /// How much has been searched for the end of the first line, and then for what follows it.
    private var searched = 0
    /// The end of the first line, once there is one and it is an object.
    private var lineEnd: Int?

    init(contentType: String?, framing: StreamFraming) {
        let type = contentType ?? ""
        saysStream = type.hasASCIIPrefix("text/event-stream")
        saysJSON = !saysStream && type.hasASCIIPrefix("application/json")
        saysLines = !saysStream && !saysJSON && type.hasASCIIPrefix("application/x-ndjson")
        mayBeLines = framing == .lines && !saysStream && !saysLines
    }

    /// The body of an answer that called itself an event stream and began like JSON.
    var wholeBody: [UInt8]? { bytes.isEmpty ? nil : bytes }

    mutating func append(_ chunk: [UInt8]) -> Verdict {
        // Most answers come in one chunk, which need not be copied.
        if bytes.isEmpty { bytes = chunk } else { bytes.append(contentsOf: chunk) }
        if isWhole { return .whole }
        guard let first = firstByte else { return .undecided }
        switch first {
        case UInt8(ascii: "<"): return .unreadable
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard saysStream || saysLines else {
                if mayBeLines, let verdict = verdictOnLines { return verdict }
                isWhole = true
                return .whole
            }
            return .stream(bytes)
        case UInt8(ascii: "d"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "r"), UInt8(ascii: ":"):
            return stream()
        default:
            if saysJSON {
                isWhole = true
                return .whole
            }
            return saysStream ? stream() : .unreadable
        }
    }

    /// Tells lines from a body by the object on the first line and another one behind it; `nil` if it is a body.
    private var verdictOnLines: Verdict? {
        mutating get {
            if lineEnd == nil {
                guard let end = search(where: { $0 == UInt8(ascii: "\n") }) else { return .undecided }
                guard isObject(bytes[..<end]) else { return nil }
                lineEnd = end
            }
            guard let next = search(where: { $0 > 0x20 }) else { return .undecided }
            guard bytes[next] == UInt8(ascii: "{") else { return nil }
            saysLines = true
            return .stream(bytes)
        }
    }

    /// Looks for a byte behind those that have been looked at before.
    private mutating func search(where isMeant: (UInt8) -> Bool) -> Int? {
        let found = bytes[searched...].firstIndex(where: isMeant)
        searched = found ?? bytes.count
        return found
    }

    private func isObject(_ line: ArraySlice<UInt8>) -> Bool {
        (try? JSONDocument.parse(Array(line)))?.root.isObject ?? false
    }

    /// Keeps more of an event stream of which nothing could be read yet, if it began like JSON.
    mutating func keep(_ chunk: [UInt8]) {
        guard !bytes.isEmpty else { return }
        if bytes.count + chunk.count > Self.keptLimit { bytes = [] } else { bytes.append(contentsOf: chunk) }
    }

    private mutating func stream() -> Verdict {
        defer { bytes = [] }
        return .stream(bytes)
    }

    mutating func takeBody() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    /// The first byte that is neither white space nor part of a byte order mark.
    private var firstByte: UInt8? {
        bytes.first { $0 > 0x20 && $0 != 0xEF && $0 != 0xBB && $0 != 0xBF }
    }
}

/// The data of a frame at a glance.
enum SSEData {
    case nothing, endMark, json

    init(_ data: [UInt8]) {
        guard let first = data.first(where: { $0 > 0x20 }) else {
            self = .nothing
            return
        }
        switch first {
        case UInt8(ascii: "["): self = Self.trimmed(data).elementsEqual("[DONE]".utf8) ? .endMark : .json
        case UInt8(ascii: "n"): self = Self.trimmed(data).elementsEqual("null".utf8) ? .nothing : .json
        default: self = .json
        }
    }

    private static func trimmed(_ data: [UInt8]) -> ArraySlice<UInt8> {
        var rest = data.drop { $0 <= 0x20 }
        while let last = rest.last, last <= 0x20 { rest.removeLast() }
        return rest
    }
}
