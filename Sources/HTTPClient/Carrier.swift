import HTTPCore

/// What carries a transfer over the network.
enum Carrier {
    /// libcurl, which can go every way.
    case libcurl(EasyHandle)
    /// A connection of our own: HTTP/1.1 without TLS, proxy and name server.
    case direct(DirectConnection)

    /// Bytes of content the header announces, as libcurl read it.
    var announcedLength: Int? {
        if case .libcurl(let handle) = self { return handle.contentLength }
        return nil
    }

    /// Bytes of content received, before decoding; may be more by what is still being decoded.
    var receivedCount: Int {
        switch self {
        // libcurl counts what it read only after a chunked piece of it was handed over: allow for one buffer.
        case .libcurl(let handle): handle.receivedCount + EasyHandle.receiveBufferSize
        case .direct(let connection): connection.receivedCount
        }
    }

    /// The address the request was sent to, where libcurl's sockets do not tell.
    var address: IPAddress? {
        if case .direct(let connection) = self { return connection.address }
        return nil
    }

    /// Gives up what was needed to send the request's content; false when it was not all sent.
    func releaseContent(_ count: Int) -> Bool {
        switch self {
        case .libcurl(let handle):
            guard handle.sentCount >= count else { return false }
            handle.freeUploadBuffer()
            return true
        case .direct(let connection): return connection.hasSentAll
        }
    }
}
