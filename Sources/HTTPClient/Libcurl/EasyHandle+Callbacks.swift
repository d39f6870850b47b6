import CCurl
private import Glibc
import HTTPCore

extension EasyHandle {
    func setCallbacks(_ multi: MultiHandle, _ options: inout Options) {
        // Unretained: libcurl calls with this context only while the handle, which we free in deinit, is alive.
        let context = Unmanaged.passUnretained(self).toOpaque()
        let pointers: [(CURLoption, UnsafeMutableRawPointer)] = [
            (CURLOPT_PRIVATE, context), (CURLOPT_HEADERDATA, context), (CURLOPT_WRITEDATA, context),
            (CURLOPT_OPENSOCKETDATA, context), (CURLOPT_PREREQDATA, context), (CURLOPT_CLOSESOCKETDATA, multi.context),
            (CURLOPT_ERRORBUFFER, UnsafeMutableRawPointer(errorText)),
        ]
        for (option, value) in pointers { options.set(option, pointer: value) }
        options.note(omni_curl_on_bytes(raw, CURLOPT_HEADERFUNCTION, receiveHeader))
        options.note(omni_curl_on_bytes(raw, CURLOPT_WRITEFUNCTION, receiveBody))
        options.note(omni_curl_on_open_socket(raw, openSocket))
        options.note(omni_curl_on_close_socket(raw, closeSocket))
        options.note(omni_curl_on_request(raw, requestIsDue))
    }
}

// MARK: - Callbacks: they must not throw, block, or add or remove handles

private func receiveHeader(
    _ data: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let (transfer, bytes) = delivery(data, size, count, context) else { return 0 }
    return transfer.receiveHeader(bytes) ? bytes.count : 0
}

private func receiveBody(
    _ data: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let (transfer, bytes) = delivery(data, size, count, context) else { return 0 }
    switch transfer.receiveBody(bytes) {
    case .taken: return bytes.count
    case .later: return Int(CURL_WRITEFUNC_PAUSE)
    case .refused: return 0
    }
}

private func delivery(
    _ data: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> (Transfer, UnsafeBufferPointer<UInt8>)? {
    guard let data, let context else { return nil }
    guard let transfer = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue().transfer else { return nil }
    let start = UnsafeRawPointer(data).assumingMemoryBound(to: UInt8.self)
    return (transfer, UnsafeBufferPointer(start: start, count: size * count))
}

private func openSocket(
    _ context: UnsafeMutableRawPointer?,
    _ purpose: curlsocktype,
    _ target: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let context, let target else { return CURL_SOCKET_BAD }
    let handle = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = Int(omni_curl_address(target, &bytes))
    guard let address = IPAddress(bytes: Array(bytes[..<count])), let transfer = handle.transfer,
        transfer.engine.permits(transfer, connectingTo: .ip(address, port: Int(omni_curl_port(target))))
    else {
        handle.transfer?.refuseEgress()
        return CURL_SOCKET_BAD
    }
    let type = target.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(target.pointee.family, type, target.pointee.protocol)
    guard descriptor >= 0 else { return CURL_SOCKET_BAD }
    handle.openedSockets.append(descriptor)
    transfer.engine.socketOpened(descriptor, for: transfer)
    return descriptor
}

private func closeSocket(_ context: UnsafeMutableRawPointer?, _ descriptor: curl_socket_t) -> Int32 {
    if let context {
        Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue().sockets.closing(descriptor)
    }
    return close(descriptor)
}

private func requestIsDue(
    _ context: UnsafeMutableRawPointer?,
    _ remote: UnsafeMutablePointer<CChar>?,
    _ local: UnsafeMutablePointer<CChar>?,
    _ remotePort: Int32,
    _ localPort: Int32
) -> Int32 {
    guard let context, let remote, let local else { return CURL_PREREQFUNC_ABORT }
    let handle = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
    guard let transfer = handle.transfer, transfer.outcome == nil else { return CURL_PREREQFUNC_ABORT }
    let identity = ConnectionIdentity(remote: remote, remotePort: remotePort, local: local, localPort: localPort)
    let isPermitted = transfer.engine.requestIsDue(handle, transfer, identity) {
        IPAddress(String(cString: remote)).map { .ip($0, port: Int(remotePort)) }
    }
    return isPermitted ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}
