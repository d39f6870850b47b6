/// How a client is served.
enum AnswerOutput {
    /// The provider's frames, edited.
    case forwarded(any FrameForwarder)
    /// A stream written from events.
    case encoded(any AnswerEncoder)
    /// One body written from all events.
    case collected(AnswerCollector)
    /// The provider's body, edited.
    case echoed
}

extension AnswerOutput {
    /// Ends a stream that has begun with the client's error event; returns whether there is one.
    func fail(_ failure: Failure, into out: inout [UInt8]) -> Bool {
        switch self {
        case .encoded(let encoder): encoder.write(.error(failure), into: &out)
        case .forwarded(let forwarder): forwarder.fail(failure, into: &out)
        case .collected, .echoed: return false
        }
        return true
    }

    /// Tells the client of a stream that has begun that more is coming; returns whether there is one.
    func writeKeepAlive(into out: inout [UInt8]) -> Bool {
        switch self {
        case .encoded(let encoder): encoder.writeKeepAlive(into: &out)
        case .forwarded(let forwarder): forwarder.writeKeepAlive(into: &out)
        case .collected, .echoed: return false
        }
        return true
    }

    /// The answer of a complete stream as one body, where the dialect keeps answers for later requests.
    var storedAnswer: [UInt8]? {
        switch self {
        case .encoded(let encoder): encoder.storedAnswer
        case .forwarded(let forwarder): forwarder.storedAnswer
        case .collected, .echoed: nil
        }
    }

    /// Whether the client gets the answer under the id that the provider gave it.
    var keepsProviderIDs: Bool {
        switch self {
        case .forwarded, .echoed: true
        case .encoded, .collected: false
        }
    }
}
