import EventLoop
import HTTPCore
import LogCore
import TimeCore

extension Connection {
    // MARK: - Reading

    /// Feeds bytes to the conversation; what lies behind the present request is kept for later.
    func consume(_ input: UnsafeRawBufferPointer) {
        isConsuming = true
        defer { isConsuming = false }
        var rest = input
        while !rest.isEmpty {
            switch phase {
            case .idle:
                // Empty lines before a request are to be ignored (RFC 9112 §2.2); they do not prolong the wait either.
                rest = UnsafeRawBufferPointer(rebasing: rest.drop { $0 == 0x0D || $0 == 0x0A })
                if !rest.isEmpty { beginRequest() }
            case .head: rest = readHead(rest)
            case .body: rest = readBody(rest)
            case .answering:
                ahead.append(contentsOf: rest)
                return
            case .lingering, .closed: return
            }
        }
    }

    private func beginRequest() {
        phase = .head
        deadline = server.deadline(after: server.patience.header)
        if reader == nil { reader = server.takeReader() }
    }

    private func readHead(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let reader else { return nothing }
        let isWhole = !reader.isInHead
        if isWhole, let (head, framing, count) = server.knownHeads[self]?.read(bytes) {
            headsKeptInVain = 0
            reader.take(head)
            headArrived(head, framing)
            return UnsafeRawBufferPointer(rebasing: bytes[count...])
        }
        switch reader.readHead(bytes, peer: peer) {
        case .needsMore: return nothing
        case .refused(let refusal):
            refuse(refusal, head: nil)
            return nothing
        case .head(let head, let framing, let count):
            if isWhole { remember(head, framing, UnsafeRawBufferPointer(rebasing: bytes[..<count]), reader.spans) }
            headArrived(head, framing)
            return UnsafeRawBufferPointer(rebasing: bytes[count...])
        }
    }

    /// Keeps a head by which the next one may be known; only the second of about one size promises a third.
    ///
    /// Some clients number their requests, and then it is of no use: after a few attempts there is one more now and then.
    private func remember(
        _ head: RequestHead,
        _ framing: Framing,
        _ bytes: UnsafeRawBufferPointer,
        _ spans: HeadSpans
    ) {
        defer { lastHeadSize = bytes.count }
        guard abs(bytes.count - lastHeadSize) <= 2, headsKeptInVain < 4 || requestCount % 64 == 0,
            let known = KnownHead(bytes, spans, head, framing, of: self)
        else { return }
        headsKeptInVain += 1
        server.knownHeads.keep(known, of: self)
    }

    private func headArrived(_ head: RequestHead, _ framing: Framing) {
        requestCount += 1
        let keepsAlive =
            head.version == .http11 ? !framing.asksToClose : framing.asksToKeepAlive && !framing.asksToClose
        closesAfterAnswer =
            !keepsAlive || server.isDraining || requestCount >= server.configuration.requestsPerConnection
        switch server.handler.admit(head) {
        case .refuse(let response): admissionRefused(response, head, framing)
        case .accept(let limit, let note):
            guard head.contentLength ?? 0 <= limit else {
                return refuse(Refusal(status: 413, reason: "The body is too large."), head: head)
            }
            beginBody(head, framing, limit: limit, .accepted(note: note))
        }
    }

    /// Answers a refused request; a small body is read away first, so that the connection can be kept.
    private func admissionRefused(_ response: Response, _ head: RequestHead, _ framing: Framing) {
        let isSmall = !head.isChunked && head.contentLength ?? 0 <= Self.discardedBody && !framing.expectsContinue
        guard !head.hasBody || isSmall else {
            phase = .answering
            closesAfterAnswer = true
            return answerAndLinger(response, head)
        }
        beginBody(head, framing, limit: Self.discardedBody, .refused(response))
    }

    /// The largest body of a refused request that is read for the sake of the connection.
    private static var discardedBody: Int { 64 << 10 }

    private func beginBody(_ head: RequestHead, _ framing: Framing, limit: Int, _ admitted: MessageReader.Admitted) {
        guard let reader else { return }
        reader.beginBody(
            of: head,
            limit: limit,
            admitted,
            usesMemory: server.bodyMemory < server.configuration.bodyMemoryLimit,
            now: server.loop.now
        )
        server.bodyMemory += reader.reserved
        guard head.hasBody else { return dispatch() }
        phase = .body
        deadline = server.deadline(after: server.patience.bodyGap)
        guard framing.expectsContinue, head.version == .http11 else { return }
        append { $0.append("HTTP/1.1 100 Continue\r\n\r\n") }
        flush()
    }

    private func readBody(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let reader else { return nothing }
        deadline = server.deadline(after: server.patience.bodyGap)
        switch reader.readBody(bytes) {
        case .needsMore: return nothing
        case .refused(let refusal):
            refuse(refusal, head: reader.head)
            return nothing
        case .ended(let count):
            dispatch()
            return UnsafeRawBufferPointer(rebasing: bytes[count...])
        }
    }

    private var nothing: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    /// The request is complete: hand it to the handler, or send the refusal that was decided on its head.
    private func dispatch() {
        guard let reader, let (request, refusal) = reader.finish() else { return }
        releaseReader()
        phase = .answering
        if let refusal { return answer(refusal, to: request.head) }
        let exchange = Exchange(connection: self, head: request.head)
        self.exchange = exchange
        let atOnce = startsAtOnce
        startsAtOnce = false
        exchange.run(request, atOnce: atOnce)
    }

    // MARK: - Refusing

    /// Answers a request that cannot be understood or is above a limit.
    ///
    /// Where its body ends is not certain, so the connection ends with the answer.
    func refuse(_ refusal: Refusal, head: RequestHead?) {
        phase = .answering
        closesAfterAnswer = true
        let status = HTTPStatus(rawValue: refusal.status)
        answerAndLinger(server.handler.refusal(status, refusal.reason, head: head), head)
    }

    private func answerAndLinger(_ response: Response, _ head: RequestHead?) {
        write(response, isHead: head?.method == .head, isHTTP10: head?.version == .http10)
        // One attempt: a client that sends rubbish and does not read gets no buffer and no patience.
        if output.send(to: descriptor, &server.buffers) == .failed { return close() }
        linger()
    }

    // MARK: - Answering

    func answer(_ response: Response, and more: [HTTPHeaders.Field] = [], to head: RequestHead) {
        exchange = nil
        write(response, and: more, isHead: head.method == .head, isHTTP10: head.version == .http10)
        flush()
    }

    private func write(_ response: Response, and more: [HTTPHeaders.Field] = [], isHead: Bool, isHTTP10: Bool) {
        switch response.body {
        case .none: write(response, and: more, [], isHead: isHead, isHTTP10: isHTTP10)
        case .bytes(let bytes): write(response, and: more, bytes, isHead: isHead, isHTTP10: isHTTP10)
        case .text(let text): write(response, and: more, Array(text.utf8), isHead: isHead, isHTTP10: isHTTP10)
        }
    }

    private func write(
        _ response: Response,
        and more: [HTTPHeaders.Field],
        _ body: [UInt8],
        isHead: Bool,
        isHTTP10: Bool
    ) {
        let isBodyless = Self.forbidsBody(response.status)
        let hasBody = !isHead && !isBodyless && !body.isEmpty
        // A small body is cheaper to copy behind the head than to gather.
        let isSmall = body.count <= 2048
        writeHead(
            .init(response.status, response.headers, and: more, isBodyless ? .none : .length(body.count)),
            isHTTP10: isHTTP10,
            body: hasBody && isSmall ? body : []
        )
        if hasBody, !isSmall { output.setTail(body) }
    }

    private func writeHead(_ head: ResponseHead, isHTTP10: Bool, body: [UInt8] = []) {
        if head.asksToClose || server.isDraining { closesAfterAnswer = true }
        let connection: StaticString? = closesAfterAnswer ? "close" : (isHTTP10 ? "keep-alive" : nil)
        let now = server.loop.now
        append { out in
            server.encoder.write(head, connection: connection, now: now, to: &out)
            out.append(contentsOf: body)
        }
    }

    func beginStream(
        _ status: HTTPStatus,
        _ headers: HTTPHeaders,
        and more: [HTTPHeaders.Field],
        to head: RequestHead
    ) {
        isBodyless = Self.forbidsBody(status) || head.method == .head
        isChunking = !isBodyless && head.version == .http11
        if !isBodyless, !isChunking { closesAfterAnswer = true }
        writeHead(
            .init(status, headers, and: more, isChunking ? .chunked : .close),
            isHTTP10: head.version == .http10
        )
        flushLater()
    }

    func writeStream(_ bytes: [UInt8]) {
        guard !isBodyless else { return }
        append { out in
            if isChunking { out.append(chunkSize: bytes.count) }
            out.append(contentsOf: bytes)
            if isChunking { out.append("\r\n") }
        }
        if output.count > server.configuration.streamHardLimit {
            server.log.warn("stream given up: its handler does not wait for the client")
            return close()
        }
        flushLater()
    }

    func endStream(_ trailers: HTTPHeaders) {
        exchange = nil
        if isChunking {
            append { out in
                out.append("0\r\n")
                ResponseEncoder.write(trailers, to: &out)
                out.append("\r\n")
            }
        }
        flush()
    }

    /// Whether the handler has to wait; tries to send first.
    func isCongested() -> Bool {
        guard output.count > server.configuration.streamHighWaterMark else { return false }
        flush()
        return output.count > server.configuration.streamHighWaterMark
    }

    private static func forbidsBody(_ status: HTTPStatus) -> Bool {
        status.rawValue < 200 || status == .noContent || status.rawValue == 304
    }

    // MARK: - Deadlines

    /// Looks whether the present phase has lasted too long; called about every second.
    func checkDeadlines() {
        let now = server.loop.now
        let stall = server.configuration.stallTimeout
        if !output.isEmpty, phase == .answering, now - lastProgress > stall { return close() }
        switch phase {
        case .idle, .lingering: if now >= deadline { close() }
        case .head:
            if now >= deadline { refuse(Refusal(status: 408, reason: "The request head took too long."), head: nil) }
        case .body:
            guard let reader, now >= deadline || reader.isTooSlow(now) else { return }
            refuse(Refusal(status: 408, reason: "The request body took too long."), head: reader.head)
        case .answering, .closed: break
        }
    }
}
