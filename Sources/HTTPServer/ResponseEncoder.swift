import HTTPCore
import TimeCore

/// How the body of an answer is delimited.
enum ResponseFraming {
    /// `Content-Length`.
    case length(Int)
    /// `Transfer-Encoding: chunked`.
    case chunked
    /// The end of the connection.
    case close
    /// The status has no body and says so.
    case none
}

/// The head of an answer: a handler's fields, and some more from whoever stands between it and the server.
struct ResponseHead {
    let status: HTTPStatus
    let fields: [HTTPHeaders.Field]
    let more: [HTTPHeaders.Field]
    let framing: ResponseFraming

    init(_ status: HTTPStatus, _ headers: HTTPHeaders, and more: [HTTPHeaders.Field], _ framing: ResponseFraming) {
        self.status = status
        self.fields = headers.fields
        self.more = more
        self.framing = framing
    }

    /// Whether a handler wants the connection to end with this answer.
    var asksToClose: Bool { Self.asksToClose(fields) ?? Self.asksToClose(more) ?? false }

    private static func asksToClose(_ fields: [HTTPHeaders.Field]) -> Bool? {
        // A span lends its elements; going over the array itself would retain and release every text.
        let fields = fields.span
        for index in fields.indices where fields[index].name.isASCIIEqual("connection") {
            return fields[index].value.isASCIIEqual("close")
        }
        return nil
    }
}

/// Writes the heads of answers.
struct ResponseEncoder {
    private let serverLine: [UInt8]
    private let time: any TimeSource
    private var dateLine: [UInt8] = []
    private var dateExpires = MonotonicTime(nanoseconds: 0)

    init(serverName: String?, time: any TimeSource) {
        serverLine = serverName.map { Array("Server: \($0)\r\n".utf8) } ?? []
        self.time = time
    }

    /// Appends a head; `now`, the loop's present, says when the cached date is over.
    mutating func write(_ head: ResponseHead, connection: StaticString?, now: MonotonicTime, to out: inout [UInt8]) {
        if now >= dateExpires { renewDate(now) }
        let (serverLine, dateLine) = (serverLine, dateLine)
        let lines = serverLine.count + dateLine.count
        let room = Self.fixedRoom + lines + Self.room(for: head.fields) + Self.room(for: head.more)
        out.append(room: room) { out in
            out.append("HTTP/1.1 ")
            out.append(decimal: head.status.rawValue)
            out.append(" ")
            out.append(Self.reason(head.status))
            out.endLine()
            let hasDate = Self.write(head.fields, to: &out)
            if !Self.write(head.more, to: &out), !hasDate { out.append(dateLine) }
            out.append(serverLine)
            Self.write(head.framing, to: &out)
            if let connection {
                out.append("Connection: ")
                out.append(connection)
                out.endLine()
            }
            out.endLine()
        }
    }

    /// Appends the fields behind a chunked body.
    static func write(_ trailers: HTTPHeaders, to out: inout [UInt8]) {
        guard !trailers.fields.isEmpty else { return }
        out.append(room: room(for: trailers.fields)) { out in _ = write(trailers.fields, to: &out) }
    }

    /// More than status line, framing and connection take together.
    private static let fixedRoom = 160

    /// What the fields take at most.
    private static func room(for fields: [HTTPHeaders.Field]) -> Int {
        let fields = fields.span
        var room = 0
        for index in fields.indices { room += fields[index].name.utf8.count + fields[index].value.utf8.count + 4 }
        return room
    }

    /// Returns whether there was a date among them.
    private static func write(_ fields: [HTTPHeaders.Field], to out: inout HeadWriter) -> Bool {
        let fields = fields.span
        var hasDate = false
        for index in fields.indices where !isOurs(fields[index].name) {
            if fields[index].name.isASCIIEqual("date") { hasDate = true }
            out.append(fields[index].name)
            out.endName()
            out.append(cleaned: fields[index].value)
            out.endLine()
        }
        return hasDate
    }

    private static func write(_ framing: ResponseFraming, to out: inout HeadWriter) {
        switch framing {
        case .length(let count):
            out.append("Content-Length: ")
            out.append(decimal: count)
            out.endLine()
        case .chunked: out.append("Transfer-Encoding: chunked\r\n")
        case .close, .none: break
        }
    }

    private mutating func renewDate(_ now: MonotonicTime) {
        let wall = time.wall()
        dateLine = Array("Date: \(wall.httpDate)\r\n".utf8)
        let millisecond = ((wall.milliseconds % 1000) + 1000) % 1000
        dateExpires = now.advanced(by: .milliseconds(1000 - millisecond))
    }

    /// Fields that frame the message are written from the facts, not from what a handler says.
    private static func isOurs(_ name: String) -> Bool {
        switch name.utf8.count {
        case 10: name.isASCIIEqual("connection") || name.isASCIIEqual("keep-alive")
        case 14: name.isASCIIEqual("content-length")
        case 17: name.isASCIIEqual("transfer-encoding")
        default: false
        }
    }

    private static func reason(_ status: HTTPStatus) -> StaticString {
        switch status.rawValue {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 423: "Locked"
        case 424: "Failed Dependency"
        case 426: "Upgrade Required"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 451: "Unavailable For Legal Reasons"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 507: "Insufficient Storage"
        case 529: "Overloaded"
        default: "Status"
        }
    }
}

extension [UInt8] {
    /// Appends fixed text.
    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    /// Appends a chunk's size line.
    mutating func append(chunkSize size: Int) {
        var shift = (Int.bitWidth - 1 - Swift.max(1, size).leadingZeroBitCount) / 4 * 4
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: size >> shift) & 15
            append(digit < 10 ? 0x30 + digit : 0x57 + digit)
            shift -= 4
        }
        append("\r\n")
    }
}
