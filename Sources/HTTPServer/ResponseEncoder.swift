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
    mutating func write(
        _ status: HTTPStatus,
        _ headers: HTTPHeaders,
        _ framing: ResponseFraming,
        connection: StaticString?,
        now: MonotonicTime,
        to out: inout [UInt8]
    ) {
        out.append("HTTP/1.1 ")
        out.append(decimal: status.rawValue)
        out.append(0x20)
        out.append(reason(status))
        out.append("\r\n")
        var hasDate = false
        for field in headers.fields where !Self.isOurs(field.name) {
            if field.name.utf8.count == 4, field.name.equalsIgnoringASCIICase("date") { hasDate = true }
            out.append(contentsOf: field.name.utf8)
            out.append(": ")
            out.append(cleaned: field.value)
            out.append("\r\n")
        }
        if !hasDate { out.append(contentsOf: date(now)) }
        out.append(contentsOf: serverLine)
        switch framing {
        case .length(let count):
            out.append("Content-Length: ")
            out.append(decimal: count)
            out.append("\r\n")
        case .chunked: out.append("Transfer-Encoding: chunked\r\n")
        case .close, .none: break
        }
        if let connection {
            out.append("Connection: ")
            out.append(connection)
            out.append("\r\n")
        }
        out.append("\r\n")
    }

    private mutating func date(_ now: MonotonicTime) -> [UInt8] {
        guard now >= dateExpires else { return dateLine }
        let wall = time.wall()
        dateLine = Array("Date: \(wall.httpDate)\r\n".utf8)
        let millisecond = ((wall.milliseconds % 1000) + 1000) % 1000
        dateExpires = now.advanced(by: .milliseconds(1000 - millisecond))
        return dateLine
    }

    /// Fields that frame the message are written from the facts, not from what a handler says.
    private static func isOurs(_ name: String) -> Bool {
        switch name.utf8.count {
        case 10: name.equalsIgnoringASCIICase("connection") || name.equalsIgnoringASCIICase("keep-alive")
        case 14: name.equalsIgnoringASCIICase("content-length")
        case 17: name.equalsIgnoringASCIICase("transfer-encoding")
        default: false
        }
    }

    private func reason(_ status: HTTPStatus) -> StaticString {
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

    /// Appends a number that is not negative.
    mutating func append(decimal number: Int) {
        append(number, radix: 10)
    }

    /// Appends a chunk's size line.
    mutating func append(chunkSize size: Int) {
        append(size, radix: 16)
        append("\r\n")
    }

    private mutating func append(_ number: Int, radix: Int) {
        var rest = number
        let start = count
        repeat {
            let digit = UInt8(truncatingIfNeeded: rest % radix)
            append(digit < 10 ? 0x30 + digit : 0x57 + digit)
            rest /= radix
        } while rest > 0
        self[start...].reverse()
    }

    /// Appends a field's value; a line end or NUL in it must not begin another field.
    fileprivate mutating func append(cleaned value: String) {
        let start = count
        append(contentsOf: value.utf8)
        for index in start..<count where self[index] < 0x20 && self[index] != 0x09 || self[index] == 0x7F {
            self[index] = 0x20
        }
    }
}
