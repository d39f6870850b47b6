import CCurl
private import CLinux
private import Glibc
import HTTPCore

/// One easy handle of libcurl with the memory it points to; used for one transfer after the other, on its loop only.
///
/// Most options never change, so they are set once and `curl_easy_reset` is never called. What depends on the request is set
/// by `prepare`, what points into the request is cleared by `release`.
final class EasyHandle {
    /// libcurl reads from the network in pieces of this size, into memory that it holds until the transfer's end.
    static let receiveBufferSize = 16 << 10
    /// The same for streams, of which there are many at a time, for minutes, with little to read at once.
    static let streamBufferSize = 2 << 10
    private static let uploadBufferSize = 64 << 10

    let raw: UnsafeMutableRawPointer
    /// What the handle works on; nil between transfers.
    private(set) var transfer: Transfer?
    /// Number of the pool the present transfer belongs to.
    private(set) var pool: UInt32 = 0
    /// Sockets opened for the present transfer that have not carried its request yet.
    var openedSockets: [Int32] = []
    let errorText: UnsafeMutablePointer<CChar>
    private var fields = RequestFields()
    private var connectsAfresh = false
    /// The present transfer's content is lent to libcurl.
    private var lendsContent = false

    // What libcurl was told last: the next request is mostly like it, and is told only the difference.
    private var destination: Destination?
    private var method: HTTPMethod?
    private var hasContent = false
    private var bufferSize = EasyHandle.receiveBufferSize
    private var proxy: ProxyURL?
    private var version = ClientRequest.HTTPVersionPreference.automatic

    /// Creates a handle with everything set that is the same for all requests of a client.
    init(multi: MultiHandle, certificates: String?, idleLifetime: Int) throws(TransferError) {
        guard let raw = curl_easy_init() else { throw TransferError(.internal, host: "", curlCode: 2) }
        self.raw = raw
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        var options = Options(raw: raw)
        setNetworkOptions(idleLifetime: idleLifetime, &options)
        setSecurityOptions(certificates: certificates, &options)
        setCallbacks(multi, &options)
        guard options.failure == CURLE_OK else {
            throw TransferError(
                .internal,
                host: "",
                curlCode: Int(options.failure.rawValue),
                diagnostic: "libcurl lacks an option"
            )
        }
    }

    deinit {
        curl_easy_cleanup(raw)
        errorText.deallocate()
    }

    private func setNetworkOptions(idleLifetime: Int, _ options: inout Options) {
        let numbers: [(CURLoption, Int)] = [
            (CURLOPT_NOSIGNAL, 1),
            // Cancelling must not wait for a name server: without it libcurl joins the resolver's thread.
            (CURLOPT_QUICK_EXIT, 1),
            (CURLOPT_NOPROGRESS, 1),
            (CURLOPT_BUFFERSIZE, Self.receiveBufferSize),
            (CURLOPT_UPLOAD_BUFFERSIZE, Self.uploadBufferSize),
            (CURLOPT_TCP_KEEPALIVE, 1),
            (CURLOPT_TCP_KEEPIDLE, 60),
            (CURLOPT_TCP_KEEPINTVL, 30),
            // Our own limits apply; libcurl's must only not come first (0 would mean 300 s).
            (CURLOPT_CONNECTTIMEOUT_MS, 86_400_000),
            (CURLOPT_MAXAGE_CONN, max(1, idleLifetime)),
            (CURLOPT_PATH_AS_IS, 1),
            (CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS)),
            (CURLOPT_SUPPRESS_CONNECT_HEADERS, 1),
        ]
        for (option, value) in numbers { options.set(option, value) }
        // Undo whatever coding comes; whether one is asked for is a header field of the request.
        options.set(CURLOPT_ACCEPT_ENCODING, text: "gzip, deflate, br")
        // Empty, not unset: unset means that the environment decides.
        options.set(CURLOPT_PROXY, text: "")
        options.set(CURLOPT_NOPROXY, text: "")
    }

    private func setSecurityOptions(certificates: String?, _ options: inout Options) {
        let numbers: [(CURLoption, Int)] = [
            (CURLOPT_FOLLOWLOCATION, 0),
            (CURLOPT_UNRESTRICTED_AUTH, 0),
            (CURLOPT_DISALLOW_USERNAME_IN_URL, 1),
            (CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue)),
            (CURLOPT_HTTP09_ALLOWED, 0),
            (CURLOPT_SSL_VERIFYPEER, 1),
            (CURLOPT_SSL_VERIFYHOST, 2),
            (CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
            (CURLOPT_PROXY_SSL_VERIFYPEER, 1),
            (CURLOPT_PROXY_SSL_VERIFYHOST, 2),
            (CURLOPT_PROXY_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
            // A session ticket would let a server see that two accounts, perhaps behind different proxies, are one user.
            (CURLOPT_SSL_SESSIONID_CACHE, 0),
            (CURLOPT_PROXYAUTH, omni_curl_auth_basic()),
            (CURLOPT_SOCKS5_AUTH, omni_curl_auth_basic()),
        ]
        for (option, value) in numbers { options.set(option, value) }
        options.set(CURLOPT_PROTOCOLS_STR, text: "http,https")
        options.set(CURLOPT_REDIR_PROTOCOLS_STR, text: "http,https")
        // No directory: libcurl caches the parsed certificates only when they come from a file alone.
        for option in [CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH] {
            options.set(option, text: nil)
        }
        guard let certificates else { return }
        for option in [CURLOPT_CAINFO, CURLOPT_PROXY_CAINFO] {
            options.set(option, text: certificates)
        }
    }

    // MARK: - Per transfer

    /// Sets what depends on the request; the handle then keeps the transfer, and so the request's content, until `release`.
    func prepare(_ transfer: Transfer, pool: UInt32) throws(TransferError) {
        let request = transfer.request
        guard method == request.method || RequestRules.isMethod(request.method.rawValue),
            fields.write(request, hasContent: transfer.content != nil)
        else { throw transfer.failure(.invalidRequest) }
        self.transfer = transfer
        openedSockets.removeAll(keepingCapacity: true)
        errorText.pointee = 0
        var options = Options(raw: raw)
        if connectsAfresh { options.set(CURLOPT_FRESH_CONNECT, 0) }
        connectsAfresh = false
        fields.install(in: raw)
        if destination !== transfer.destination { setDestination(transfer.destination, &options) }
        if self.pool != pool {
            self.pool = pool
            // The number becomes part of the key under which libcurl keeps connections (see README.md).
            options.set(CURLOPT_ADDRESS_SCOPE, Int(pool))
        }
        setMethod(request.method, transfer.content, &options)
        setBufferSize(request.limits.isForStreams ? Self.streamBufferSize : Self.receiveBufferSize)
        if version != request.httpVersionPreference {
            version = request.httpVersionPreference
            let number = version == .http1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS
            options.set(CURLOPT_HTTP_VERSION, Int(number))
        }
        if proxy != request.proxy { setProxy(request.proxy, &options) }
        guard options.failure == CURLE_OK else {
            release()
            throw transfer.failure(.internal, curlCode: Int(options.failure.rawValue))
        }
    }

    /// Has libcurl take a new connection if the kept one that is about to be used turns out to be dead: the next kept one
    /// may be just as dead, and the fifth ends the transfer.
    func connectAfreshIfRetried() {
        connectsAfresh = omni_curl_set_long(raw, CURLOPT_FRESH_CONNECT, 1) == CURLE_OK
    }

    /// Forgets the transfer; libcurl must not be using the handle any more.
    func release() {
        transfer = nil
        guard lendsContent else { return }
        lendsContent = false
        _ = omni_curl_set_pointer(raw, CURLOPT_POSTFIELDS, nil)
    }

    private func setDestination(_ new: Destination, _ options: inout Options) {
        destination = new
        options.set(CURLOPT_CURLU, pointer: new.pointer)
        // The text, too: libcurl reads it when it sends a request a second time.
        options.set(CURLOPT_URL, text: new.url.text)
    }

    private func setMethod(_ method: HTTPMethod, _ content: [UInt8]?, _ options: inout Options) {
        let hasContent = RequestRules.contentCount(method, content) != nil
        if method != self.method || hasContent != self.hasContent {
            self.method = method
            self.hasContent = hasContent
            setMethod(method, hasContent: hasContent, &options)
        }
        if hasContent { setContent(content ?? [], &options) }
    }

    /// libcurl's own methods are GET, HEAD and POST; others are a name put on one of them.
    private func setMethod(_ method: HTTPMethod, hasContent: Bool, _ options: inout Options) {
        options.set(CURLOPT_NOBODY, method == .head ? 1 : 0)
        if !hasContent, method != .head { options.set(CURLOPT_HTTPGET, 1) }
        let isOwn = hasContent ? method == .post : method == .get || method == .head
        options.set(CURLOPT_CUSTOMREQUEST, text: isOwn ? nil : method.rawValue)
    }

    /// Lends the content to libcurl without copying it.
    ///
    /// The elements of a native array do not move while somebody holds the array and nobody changes it. The transfer holds it
    /// until libcurl has sent it all, and this handle holds the transfer until `release` takes the pointer away.
    private func setContent(_ content: [UInt8], _ options: inout Options) {
        let start = content.withUnsafeBytes { $0.baseAddress }
        let text: UnsafeRawPointer =
            content.isEmpty ? UnsafeRawPointer(errorText) : start ?? UnsafeRawPointer(errorText)
        lendsContent = true
        options.set(CURLOPT_POSTFIELDSIZE_LARGE, offset: content.count)
        options.set(CURLOPT_POSTFIELDS, pointer: text)
    }

    /// Not noted as a failure: libcurl refuses when it still has the buffer of a transfer that never got a connection, and
    /// uses that one.
    private func setBufferSize(_ size: Int) {
        guard size != bufferSize, omni_curl_set_long(raw, CURLOPT_BUFFERSIZE, size) == CURLE_OK else { return }
        bufferSize = size
    }

    /// Frees the memory through which libcurl sends over TLS; only after everything was sent.
    ///
    /// Left alone it would hold it until the transfer's end; being told the size makes it let go.
    func freeUploadBuffer() {
        _ = omni_curl_set_long(raw, CURLOPT_UPLOAD_BUFFERSIZE, Self.uploadBufferSize)
    }

    private func setProxy(_ new: ProxyURL?, _ options: inout Options) {
        proxy = new
        options.set(CURLOPT_PROXY, text: new?.address ?? "")
        options.set(CURLOPT_PROXYUSERNAME, text: new?.username)
        options.set(CURLOPT_PROXYPASSWORD, text: new?.password)
    }

    // MARK: - Asking libcurl

    /// What libcurl says about the failure; empty if it has nothing to add.
    var diagnostic: String { String(cString: errorText) }

    /// Bytes of content received so far, before decoding.
    var receivedCount: Int { number(CURLINFO_SIZE_DOWNLOAD_T) }

    /// Bytes of the request's content that libcurl has sent.
    var sentCount: Int { number(CURLINFO_SIZE_UPLOAD_T) }

    /// Bytes of content the header announces.
    var contentLength: Int? {
        let length = number(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T)
        return length >= 0 ? length : nil
    }

    /// The socket that won, of those that were opened for this transfer: the one bound to the port libcurl names.
    ///
    /// libcurl could tell the socket itself only after the transfer.
    func takeSocket(localPort: Int32) -> Int32 {
        defer { openedSockets.removeAll(keepingCapacity: true) }
        if openedSockets.count == 1 { return openedSockets[0] }
        return openedSockets.last { omni_socket_local_port($0) == localPort } ?? -1
    }

    /// Has the end of TLS noted in the record of the connection in use.
    func watchGoodbye(_ record: SocketRecord) {
        _ = omni_curl_watch_goodbye(raw, record.goodbye)
    }

    private func number(_ info: CURLINFO) -> Int {
        var value: curl_off_t = -1
        _ = omni_curl_get_offset(raw, info, &value)
        return Int(value)
    }
}

extension EasyHandle {
    /// The handle behind libcurl's pointer.
    static func from(_ raw: UnsafeMutableRawPointer) -> EasyHandle? {
        omni_curl_private(raw).map { Unmanaged<EasyHandle>.fromOpaque($0).takeUnretainedValue() }
    }
}

/// Sets options and remembers the first that was refused.
struct Options {
    let raw: UnsafeMutableRawPointer
    private(set) var failure = CURLE_OK

    init(raw: UnsafeMutableRawPointer) {
        self.raw = raw
    }

    mutating func note(_ code: CURLcode) {
        if code != CURLE_OK, failure == CURLE_OK { failure = code }
    }

    mutating func set(_ option: CURLoption, _ value: Int) {
        note(omni_curl_set_long(raw, option, value))
    }

    mutating func set(_ option: CURLoption, offset value: Int) {
        note(omni_curl_set_offset(raw, option, curl_off_t(value)))
    }

    /// libcurl copies the text.
    mutating func set(_ option: CURLoption, text value: String?) {
        note(omni_curl_set_string(raw, option, value))
    }

    /// libcurl keeps the pointer.
    mutating func set(_ option: CURLoption, pointer value: UnsafeRawPointer?) {
        note(omni_curl_set_pointer(raw, option, value))
    }
}
