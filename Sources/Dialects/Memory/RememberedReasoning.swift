import JSONCore

/// The reasoning of one answer in the form that is stored: JSON.
package struct RememberedReasoning: Sendable, Equatable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }
}

/// The reasoning of one answer, and where it stood between what the client was shown.
struct ReasoningRecord {
    struct Piece {
        enum Content {
            case thinking(Thinking)
            case redacted(Signature)
            /// The signature of the call with this number.
            case call(Int, Signature)
        }

        var content: Content
        /// How many calls stood in front of it.
        var callsBefore = 0
        /// Whether text stood in front of it.
        var followsText = false
    }

    /// The ids of the calls as the provider gave them.
    var callIDs: [String] = []
    var pieces: [Piece] = []

    /// The text of the thinking, as Chat servers want it back.
    var text: JSONText? {
        let texts = pieces.compactMap { piece -> JSONText? in
            guard case .thinking(let thinking) = piece.content, !thinking.text.isEmpty else { return nil }
            return thinking.text
        }
        return texts.isEmpty ? nil : JSONText.joined(texts, separator: "\n\n")
    }
}

// MARK: - As JSON

extension ReasoningRecord {
    var remembered: RememberedReasoning {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("calls")
        writer.beginArray()
        for id in callIDs { writer.string(id) }
        writer.endArray()
        writer.key("pieces")
        writer.beginArray()
        for piece in pieces { piece.write(to: &writer) }
        writer.endArray()
        writer.endObject()
        return RememberedReasoning(bytes: writer.bytes)
    }

    /// Reads what was stored; `nil` if it is damaged.
    init?(_ remembered: RememberedReasoning) {
        guard let root = try? JSONDocument.parse(remembered.bytes).root, let list = root["pieces"], list.isArray else {
            return nil
        }
        callIDs = root["calls"]?.elements.compactMap(\.string) ?? []
        for json in list.elements {
            guard let piece = Piece(json) else { return nil }
            pieces.append(piece)
        }
    }
}

extension ReasoningRecord.Piece {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch content {
        case .thinking(let thinking):
            writer.member("text", thinking.text)
            if let signature = thinking.signature { writer.member("signature", signature.carrier) }
        case .redacted(let signature): writer.member("signature", signature.carrier)
        case .call(let number, let signature):
            writer.member("call", number)
            writer.member("signature", signature.carrier)
        }
        if callsBefore > 0 { writer.member("after", callsBefore) }
        if followsText { writer.member("follows_text", true) }
        writer.endObject()
    }

    fileprivate init?(_ json: JSONValue) {
        let signature = json["signature"]?.string.flatMap(Signature.init(carrier:))
        if let text = json["text"]?.text {
            content = .thinking(Thinking(text: text, signature: signature))
        } else if let signature {
            content = json["call"]?.int.map { .call($0, signature) } ?? .redacted(signature)
        } else {
            return nil
        }
        callsBefore = json["after"]?.int ?? 0
        followsText = json["follows_text"]?.bool ?? false
    }
}
