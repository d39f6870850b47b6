private import CCurl
import EventLoop
import HTTPCore
import LogCore
import TimeCore

/// libcurl's multi handle, its sockets in the loop's epoll instance and its timer as a point in time; used on the loop only.
final class MultiHandle {
    /// A transfer that libcurl has ended.
    struct Ended {
        var handle: EasyHandle
        var code: Int
    }

    let sockets: SocketTable
    /// When libcurl wants to be called next, in nanoseconds; `.max` for never.
    private(set) var deadline = UInt64.max
    /// libcurl is at work further up the stack: transfers must not be added, removed or resumed.
    private(set) var isBusy = false
    private let raw: UnsafeMutableRawPointer

    /// Creates the handle; `onReady` is called when something happens on one of its sockets.
    init(
        configuration: ClientConfiguration,
        loop: EventLoop,
        log: Logger,
        onReady: @escaping (SocketRecord, Readiness) -> Void
    ) throws(TransferError) {
        guard CurlLibrary.isReady, let raw = curl_multi_init() else {
            throw TransferError(.internal, host: "", curlCode: 2, diagnostic: "libcurl cannot be initialised")
        }
        self.raw = raw
        sockets = SocketTable(loop: loop, log: log, onReady: onReady)
        // Unretained: libcurl calls back only while it is called by this object, which frees it in deinit.
        _ = omni_curl_multi_set_pointer(raw, CURLMOPT_SOCKETDATA, context)
        _ = omni_curl_multi_on_socket(raw, socketInterestWasSet)
        _ = omni_curl_multi_set_pointer(raw, CURLMOPT_TIMERDATA, context)
        _ = omni_curl_multi_on_timer(raw, timerWasSet)
        _ = omni_curl_multi_set_long(raw, CURLMOPT_MAXCONNECTS, max(1, configuration.maximumConnections))
        let mode = configuration.multiplexesRequests ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING
        _ = omni_curl_multi_set_long(raw, CURLMOPT_PIPELINING, Int(mode))
    }

    deinit {
        // Closes every connection, through the close-socket callback that has this object as its context.
        curl_multi_cleanup(raw)
        sockets.removeAll()
    }

    /// What callbacks of sockets are given: sockets outlive transfers, but not this object.
    var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    /// Hands a prepared handle over; returns libcurl's result, 0 if it was taken.
    func add(_ handle: EasyHandle) -> Int {
        Int(busy { curl_multi_add_handle(raw, handle.raw) }.rawValue)
    }

    /// Takes a handle back, whatever state its transfer is in.
    func remove(_ handle: EasyHandle) {
        _ = busy { curl_multi_remove_handle(raw, handle.raw) }
    }

    /// Goes on receiving after a pause; what was held back is offered at once.
    func resume(_ handle: EasyHandle) {
        _ = busy { curl_easy_pause(handle.raw, Int32(CURLPAUSE_CONT)) }
    }

    /// Lets libcurl act on a socket that is ready for what it waits for.
    func act(on record: SocketRecord, _ readiness: Readiness) {
        var events: Int32 = 0
        // An error is for libcurl to find out by reading or writing; told of it, it would only say that there was one.
        if record.wanted.contains(.read), readiness.isReadable || readiness.isPeerClosed { events |= CURL_CSELECT_IN }
        if record.wanted.contains(.write), readiness.isWritable || readiness.isPeerClosed { events |= CURL_CSELECT_OUT }
        act(record.descriptor, events)
    }

    /// Lets libcurl do what its timer was set for.
    func timeIsUp() {
        deadline = .max
        act(CURL_SOCKET_TIMEOUT, 0)
    }

    private func act(_ socket: Int32, _ events: Int32) {
        var count: Int32 = 0
        _ = busy { curl_multi_socket_action(raw, socket, events, &count) }
    }

    /// The next transfer that has ended and was not asked for yet.
    func nextEnded() -> Ended? {
        var remaining: Int32 = 0
        while let message = curl_multi_info_read(raw, &remaining) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let handle = EasyHandle.from(easy)
            else { continue }
            return Ended(handle: handle, code: Int(message.pointee.data.result.rawValue))
        }
        return nil
    }

    private func busy<Result>(_ body: () -> Result) -> Result {
        isBusy = true
        defer { isBusy = false }
        return body()
    }

    // MARK: - Called back

    fileprivate func interestChanged(_ descriptor: Int32, _ what: Int32) {
        var interest: Interest = []
        if what == CURL_POLL_IN || what == CURL_POLL_INOUT { interest.insert(.read) }
        if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { interest.insert(.write) }
        sockets.want(interest, on: descriptor)
    }

    /// Called often: only a number is kept, no timer of the loop is touched.
    fileprivate func timeChanged(_ milliseconds: Int) {
        deadline =
            switch milliseconds {
            case ..<0: .max
            case 0: 0
            default: MonotonicTime.now().advanced(by: .milliseconds(milliseconds)).nanoseconds
            }
    }
}

private func socketInterestWasSet(
    _ easy: UnsafeMutableRawPointer?,
    _ descriptor: curl_socket_t,
    _ what: Int32,
    _ context: UnsafeMutableRawPointer?,
    _ unused: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context else { return -1 }
    Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue().interestChanged(descriptor, what)
    return 0
}

private func timerWasSet(
    _ multi: UnsafeMutableRawPointer?,
    _ milliseconds: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context else { return -1 }
    Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue().timeChanged(milliseconds)
    return 0
}
