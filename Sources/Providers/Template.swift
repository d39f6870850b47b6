/// Text with placeholders in braces: `{name}` must be filled in, `{name|default}` may be.
package struct Template: Sendable, Equatable {
    private enum Part: Sendable, Equatable {
        case text(String)
        case placeholder(name: String, fallback: String?)
    }

    /// The text as the catalogue spells it.
    package let source: String
    private let parts: [Part]

    package init(_ source: String) {
        self.source = source
        guard source.utf8.contains(UInt8(ascii: "{")) else {
            parts = [.text(source)]
            return
        }
        var parts: [Part] = []
        var rest = source[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
            let inner = rest[rest.index(after: open)..<close]
            if let bar = inner.firstIndex(of: "|") {
                let fallback = String(inner[inner.index(after: bar)...])
                parts.append(.placeholder(name: String(inner[..<bar]), fallback: fallback))
            } else {
                parts.append(.placeholder(name: String(inner), fallback: nil))
            }
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.parts = parts
    }

    /// Whether it is empty text.
    package var isEmpty: Bool { source.isEmpty }

    /// Names of the placeholders, in order.
    package var placeholders: [String] {
        parts.compactMap { part in
            guard case .placeholder(let name, _) = part else { return nil }
            return name
        }
    }

    /// Fills the placeholders in; throws the name of the first that has neither a value nor a default.
    package func filled(_ value: (String) -> String?) throws(MissingPlaceholder) -> String {
        if parts.count == 1, case .text(let text) = parts[0] { return text }
        var result = ""
        for part in parts {
            switch part {
            case .text(let text): result += text
            case .placeholder(let name, let fallback):
                guard let text = value(name) ?? fallback else { throw MissingPlaceholder(name: name) }
                result += text
            }
        }
        return result
    }
}

/// A placeholder for which nobody has a value.
package struct MissingPlaceholder: Error, Sendable, Equatable {
    package let name: String
}
