/// A request's path and query, read once.
///
/// Paths that another reader might understand differently are refused instead of guessed at: encoded slashes,
/// backslashes and NUL, control characters, fragments, dot segments.
public struct RequestTarget: Sendable {
    /// Why a target is refused.
    public enum Problem: Error, Sendable, Equatable {
        /// It does not begin with a slash.
        case notAPath
        /// It holds a control character, a blank, a backslash, `#`, or an encoded slash, backslash or NUL.
        case forbiddenCharacter
        /// An escape is incomplete, or its result is not UTF-8.
        case badEscape
        /// It has a `.` or `..` segment.
        case dotSegment
    }

    /// As received.
    public let raw: String
    /// The path, decoded, without the query.
    public let path: String
    /// How many bytes of `raw` stand before the query's text.
    private let queryOffset: Int

    /// The path's segments; an empty one at the end stands for a final slash.
    public var segments: [Substring] {
        // By bytes: a slash is a slash also when a combining character follows it.
        path.utf8.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false).map(Substring.init)
    }

    /// The raw text after `?`, empty if there is none.
    public var rawQuery: Substring { raw[raw.utf8.index(raw.startIndex, offsetBy: queryOffset)...] }

    /// Reads an origin-form target (RFC 9112 §3.2.1).
    ///
    /// An encoded slash is refused, because another reader may take it for a separator or not, except behind one of the
    /// beginnings in `encodedSlashesBelow`: there it is a slash.
    public static func parse(
        _ raw: String,
        encodedSlashesBelow beginnings: [String] = []
    ) throws(Problem) -> RequestTarget {
        let bytes = raw.utf8.span
        guard !bytes.isEmpty, bytes[0] == 0x2F else { throw .notAPath }
        var hasEscape = false
        var mark = bytes.count
        for index in bytes.indices {
            let byte = bytes[index]
            if byte <= 0x20 || byte == 0x7F || byte == 0x23 || byte == 0x5C { throw .forbiddenCharacter }
            if byte == 0x25 { hasEscape = true }
            if byte == 0x3F, mark == bytes.count { mark = index }
        }
        let isPath = mark == bytes.count && !hasEscape
        let path =
            isPath ? raw : try decodedPath(raw[..<raw.utf8.index(raw.startIndex, offsetBy: mark)], beginnings)
        guard !hasDotSegment(path.utf8.span) else { throw .dotSegment }
        return RequestTarget(raw: raw, path: path, queryOffset: min(mark + 1, bytes.count))
    }

    /// Whether a path has a segment `.` or `..`.
    private static func hasDotSegment(_ path: Span<UInt8>) -> Bool {
        var start = 1
        for index in 1..<path.count + 1 where index == path.count || path[index] == 0x2F {
            let length = index - start
            let isDots = length == 1 || length == 2 && path[start + 1] == 0x2E
            if isDots, path[start] == 0x2E { return true }
            start = index + 1
        }
        return false
    }

    /// The query's items, decoded; an item that cannot be decoded is left out.
    public var query: [(name: String, value: String)] {
        rawQuery.split(separator: "&").compactMap { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Percent.decode(parts[0], plusIsSpace: true),
                let value = parts.count > 1 ? Percent.decode(parts[1], plusIsSpace: true) : ""
            else { return nil }
            return (name, value)
        }
    }

    /// The first value of a query item.
    public func queryValue(_ name: String) -> String? {
        guard !rawQuery.isEmpty else { return nil }
        return query.first { $0.name == name }?.value
    }

    private static func decodedPath(_ encoded: Substring, _ beginnings: [String]) throws(Problem) -> String {
        let allowsSlash = beginnings.contains { encoded.utf8.starts(with: $0.utf8) }
        guard !hasForbiddenEscape(encoded, allowsSlash: allowsSlash) else { throw .forbiddenCharacter }
        guard let path = Percent.decode(encoded) else { throw .badEscape }
        for byte in path.utf8 where byte < 0x20 || byte == 0x7F { throw .forbiddenCharacter }
        return path
    }

    private static func hasForbiddenEscape(_ path: Substring, allowsSlash: Bool) -> Bool {
        guard path.utf8.contains(0x25) else { return false }
        let lowered = path.lowercased()
        return ["%5c", "%00"].contains { lowered.contains($0) } || !allowsSlash && lowered.contains("%2f")
    }
}
