import HTTPCore
import TimeCore

/// Reads one request off a connection: head, framing, body.
///
/// Lent to a connection from a request's first byte to its last, so that an idle connection holds none.
final class MessageReader {
    enum HeadStep {
        case needsMore
        /// The head ended after so many of the bytes given.
        case head(RequestHead, Framing, Int)
        case refused(Refusal)
    }

    enum BodyStep {
        case needsMore
        /// The body ended after so many of the bytes given.
        case ended(Int)
        case refused(Refusal)
    }

    private let configuration: ServerConfiguration
    private let parser: HeadParser

    /// The head so far, when it did not arrive in one piece; then spans are offsets into this.
    private var pieces: [UInt8] = []
    private var parsed = 0

    private(set) var head: RequestHead?
    private var refusal: Response?
    private var note: (any AnyObject & Sendable)?
    private var collector: BodyCollector
    private var meter: ChunkMeter
    /// Bytes of a body of known length that are still to come.
    private var remaining = 0
    private var bodyBegan = MonotonicTime(nanoseconds: 0)
    private var bodyBytes = 0
    /// Memory that the body may take, as counted by the server.
    private(set) var reserved = 0

    init(_ configuration: ServerConfiguration) {
        self.configuration = configuration
        parser = HeadParser(
            limits: .init(
                requestLine: configuration.requestLineLimit,
                block: configuration.headerBlockLimit,
                field: configuration.headerFieldLimit,
                count: configuration.headerCountLimit
            )
        )
        collector = BodyCollector(limit: 0, threshold: 0, directory: "", expected: nil)
        meter = ChunkMeter(lineLimit: 0, extensionLimit: 0, trailerLimit: 0)
    }

    /// Forgets everything about the message that was read.
    func reset() {
        parser.reset()
        pieces = []
        parsed = 0
        head = nil
        refusal = nil
        note = nil
        collector = BodyCollector(limit: 0, threshold: 0, directory: "", expected: nil)
        remaining = 0
        bodyBytes = 0
        reserved = 0
    }

    // MARK: - Head

    func readHead(_ bytes: UnsafeRawBufferPointer, peer: PeerAddress) -> HeadStep {
        if pieces.isEmpty {
            let step = readHead(in: bytes, before: 0, peer)
            if case .needsMore = step {
                pieces = Array(bytes)
                parsed = bytes.count
            }
            return step
        }
        let before = pieces.count
        pieces.append(contentsOf: bytes)
        let step = pieces.withUnsafeBytes { readHead(in: $0, before: before, peer) }
        parsed = pieces.count
        return step
    }

    /// Takes a head that need not be read, because it is known.
    func take(_ head: RequestHead) {
        self.head = head
    }

    /// Whether a part of a head is waiting for the rest.
    var isInHead: Bool { !pieces.isEmpty }

    /// The spans of the head that was read.
    var spans: HeadSpans { parser.spans }

    /// Reads the head in all its bytes, of which `before` came with earlier reads.
    private func readHead(in bytes: UnsafeRawBufferPointer, before: Int, _ peer: PeerAddress) -> HeadStep {
        switch parser.readHead(bytes, from: parsed) {
        case .refused(let refusal): return .refused(refusal)
        case .headEnded(let end):
            guard end <= bytes.count else { return .refused(.badRequest("The request head is malformed.")) }
            var check = HeadCheck(
                UnsafeRawBufferPointer(rebasing: bytes[..<end]),
                spans: parser.spans,
                method: parser.method,
                peer: peer,
                encodedSlashesBelow: configuration.encodedSlashesBelow
            )
            do {
                let (head, framing) = try check.run()
                self.head = head
                return .head(head, framing, end - before)
            } catch {
                return .refused(error)
            }
        case .needsMore, .chunkBegan, .messageEnded: return .needsMore
        }
    }

    // MARK: - Body

    /// What the handler said to a head: go on with a note, or read the body away and send the refusal.
    enum Admitted {
        case accepted(note: (any AnyObject & Sendable)?)
        case refused(Response)
    }

    /// Prepares for the body.
    ///
    /// Without `usesMemory` the body goes to a file at once, because those of other requests take too much.
    func beginBody(of head: RequestHead, limit: Int, _ admitted: Admitted, usesMemory: Bool, now: MonotonicTime) {
        switch admitted {
        case .accepted(let note): self.note = note
        case .refused(let response): refusal = response
        }
        guard head.hasBody else { return }
        let threshold = usesMemory ? configuration.spoolThreshold : 0
        reserved = refusal == nil ? min(head.contentLength ?? threshold, threshold) : 0
        bodyBegan = now
        remaining = head.contentLength ?? 0
        collector = BodyCollector(
            limit: limit,
            threshold: threshold,
            directory: configuration.spoolDirectory,
            expected: head.contentLength
        )
        guard head.isChunked else { return }
        meter = ChunkMeter(
            lineLimit: configuration.chunkLineLimit,
            extensionLimit: configuration.chunkExtensionLimit,
            trailerLimit: configuration.trailerBlockLimit
        )
        parser.beginChunks()
    }

    func readBody(_ bytes: UnsafeRawBufferPointer) -> BodyStep {
        bodyBytes += bytes.count
        guard head?.isChunked == true else { return readPlain(bytes) }
        return readChunks(bytes)
    }

    private func readPlain(_ bytes: UnsafeRawBufferPointer) -> BodyStep {
        let count = min(remaining, bytes.count)
        if let refusal = collect(UnsafeRawBufferPointer(rebasing: bytes[..<count])) { return .refused(refusal) }
        remaining -= count
        return remaining == 0 ? .ended(count) : .needsMore
    }

    /// Each step of the parser takes data, then framing, then stops where the next chunk begins.
    private func readChunks(_ bytes: UnsafeRawBufferPointer) -> BodyStep {
        var position = 0
        while position < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            let step = parser.readChunks(rest)
            let data = parser.data
            if case .refused(let refusal) = step { return .refused(refusal) }
            var end = rest.count
            if case .chunkBegan(_, let count) = step { end = count }
            if case .messageEnded(let count) = step { end = count }
            if !data.isEmpty {
                meter.data(data.count)
                if let refusal = collect(data) { return .refused(refusal) }
            }
            if let refusal = meter.framing(UnsafeRawBufferPointer(rebasing: rest[data.count..<end])) {
                return .refused(refusal)
            }
            if parser.trailerCount > configuration.trailerCountLimit {
                return .refused(.badRequest("There are too many trailer fields."))
            }
            if case .chunkBegan(let size, _) = step, let refusal = meter.chunkBegan(size: size) {
                return .refused(refusal)
            }
            position += end
            if case .messageEnded = step { return .ended(position) }
        }
        return .needsMore
    }

    private func collect(_ bytes: UnsafeRawBufferPointer) -> Refusal? {
        // The body of a refused request is only counted.
        guard refusal == nil else { return nil }
        switch collector.append(bytes) {
        case .taken: return nil
        case .tooLarge: return Refusal(status: 413, reason: "The body is too large.")
        case .failed: return Refusal(status: 507, reason: "The body cannot be stored.")
        }
    }

    /// Whether the body is late: as a whole, or because too little arrives per second.
    func isTooSlow(_ now: MonotonicTime) -> Bool {
        let elapsed = now - bodyBegan
        if elapsed > configuration.bodyTimeout { return true }
        guard elapsed > configuration.minimumBodyRateGrace else { return false }
        return Double(bodyBytes) < Double(configuration.minimumBodyRate) * (elapsed / .seconds(1))
    }

    /// The request, complete, and the refusal if its head was refused.
    func finish() -> (Request, Response?)? {
        guard let head else { return nil }
        return (Request(head: head, body: refusal == nil ? collector.finish() : .empty, note: note), refusal)
    }
}
