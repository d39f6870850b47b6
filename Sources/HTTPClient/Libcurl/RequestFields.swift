private import CCurl
import HTTPCore

/// The header of a request as libcurl takes it: a list of C strings, in memory that is kept for the next request.
///
/// Built by hand instead of with `curl_slist_append`, which allocates twice per field and walks the list each time. libcurl
/// only reads the list, from `prepare` until the transfer's end, during which it is not rebuilt.
struct RequestFields: ~Copyable {
    private var text = UnsafeMutablePointer<UInt8>.allocate(capacity: 512)
    private var textCapacity = 512
    private var textCount = 0
    private var starts: [Int] = []
    private var nodes = UnsafeMutablePointer<curl_slist>.allocate(capacity: 12)
    private var nodeCapacity = 12
    private var written = Source()

    /// What the lines were written from, if that was ASCII.
    private struct Source {
        var fields: [HTTPHeaders.Field]?
        var compression = ClientRequest.Compression.none
        var hasContent = false
    }

    deinit {
        text.deallocate()
        nodes.deallocate()
    }

    /// Writes the fields of a request, unless they are those of the last one; false when one of them cannot be sent.
    mutating func write(_ request: ClientRequest, hasContent: Bool) -> Bool {
        if isWritten(request, hasContent: hasContent) { return true }
        written = Source()
        guard build(request, hasContent: hasContent) else { return false }
        guard isASCII else { return true }
        written = Source(fields: request.headers.fields, compression: request.compression, hasContent: hasContent)
        return true
    }

    private func isWritten(_ request: ClientRequest, hasContent: Bool) -> Bool {
        guard let last = written.fields, last.count == request.headers.fields.count, written.hasContent == hasContent,
            written.compression == request.compression
        else { return false }
        for index in last.indices {
            guard Self.isSame(request.headers.fields[index].name, last[index].name),
                Self.isSame(request.headers.fields[index].value, last[index].value)
            else { return false }
        }
        return true
    }

    /// Whether a text has the bytes of one in ASCII.
    ///
    /// `==` alone also holds for other spellings of the same characters, but those are longer.
    private static func isSame(_ text: String, _ ascii: String) -> Bool {
        text.utf8.count == ascii.utf8.count && text == ascii
    }

    private var isASCII: Bool {
        UnsafeBufferPointer(start: text, count: textCount).allSatisfy { $0 < 0x80 }
    }

    private mutating func build(_ request: ClientRequest, hasContent: Bool) -> Bool {
        textCount = 0
        starts.removeAll(keepingCapacity: true)
        var hasContentType = false
        var hasCoding = false
        for field in request.headers.fields where !RequestRules.isFraming(field.name) {
            if field.name.utf8.count == 12 {
                hasContentType = hasContentType || field.name.equalsIgnoringASCIICase("content-type")
            }
            if field.name.utf8.count == 15 {
                hasCoding = hasCoding || field.name.equalsIgnoringASCIICase("accept-encoding")
            }
            guard append(field) else { return false }
        }
        // "Name:" without a value tells libcurl to leave out what it would add by itself.
        if !hasCoding {
            appendLine(request.compression == .any ? "Accept-Encoding: gzip, deflate, br" : "Accept-Encoding:")
        }
        if hasContent {
            appendLine("Expect:")
            if !hasContentType { appendLine("Content-Type:") }
        }
        link()
        return true
    }

    /// Hands the list to a handle.
    func install(in handle: UnsafeMutableRawPointer) {
        _ = omni_curl_set_list(handle, CURLOPT_HTTPHEADER, starts.isEmpty ? nil : nodes)
    }

    // MARK: - Lines

    private mutating func append(_ field: HTTPHeaders.Field) -> Bool {
        starts.append(textCount)
        guard copy(field.name, where: Self.isToken), !field.name.isEmpty else { return false }
        if field.value.isEmpty {
            // libcurl's way to ask for a field with an empty value.
            put(UInt8(ascii: ";"))
        } else {
            put(UInt8(ascii: ":"))
            put(UInt8(ascii: " "))
            guard copy(field.value, where: Self.isInValue) else { return false }
        }
        put(0)
        return true
    }

    private mutating func appendLine(_ line: StaticString) {
        starts.append(textCount)
        reserve(line.utf8CodeUnitCount + 1)
        (text + textCount).update(from: line.utf8Start, count: line.utf8CodeUnitCount)
        textCount += line.utf8CodeUnitCount
        put(0)
    }

    /// Copies the text's bytes; false when one of them is not allowed there.
    private mutating func copy(_ source: String, where isAllowed: (UInt8) -> Bool) -> Bool {
        var source = source
        reserve(source.utf8.count + 4)
        let target = text + textCount
        let count = source.withUTF8 { bytes in
            guard let start = bytes.baseAddress, bytes.allSatisfy(isAllowed) else { return bytes.isEmpty ? 0 : -1 }
            target.update(from: start, count: bytes.count)
            return bytes.count
        }
        textCount += max(0, count)
        return count >= 0
    }

    private mutating func put(_ byte: UInt8) {
        reserve(1)
        text[textCount] = byte
        textCount += 1
    }

    private mutating func reserve(_ count: Int) {
        guard textCount + count > textCapacity else { return }
        textCapacity = max(2 * textCapacity, textCount + count)
        let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: textCapacity)
        grown.update(from: text, count: textCount)
        text.deallocate()
        text = grown
    }

    /// Makes the list of what was written; only now, because the text may have moved.
    private mutating func link() {
        if starts.count > nodeCapacity {
            nodes.deallocate()
            nodeCapacity = 2 * starts.count
            nodes = .allocate(capacity: nodeCapacity)
        }
        let characters = UnsafeMutableRawPointer(text).assumingMemoryBound(to: CChar.self)
        for (index, start) in starts.enumerated() {
            let next = index + 1 < starts.count ? nodes + index + 1 : nil
            (nodes + index).initialize(to: curl_slist(data: characters + start, next: next))
        }
    }

    // MARK: - Rules

    private static func isToken(_ byte: UInt8) -> Bool {
        HeaderBytes.isToken(byte)
    }

    private static func isInValue(_ byte: UInt8) -> Bool {
        HeaderBytes.isInValue(byte)
    }
}
