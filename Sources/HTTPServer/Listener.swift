private import CLinux
private import Glibc
import HTTPCore

/// A socket to listen on.
final class Listener {
    let descriptor: Int32
    private let name: String
    /// The TCP port, 0 for a UNIX socket.
    private(set) var port = 0
    /// The path of a UNIX socket, once it is ours to remove.
    private var boundPath: String?

    private init(_ family: Int32, _ address: ListenAddress) throws(ServerError) {
        name = address.description
        descriptor = socket(
            family,
            Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue),
            0
        )
        guard descriptor >= 0 else { throw ServerError("socket", name, number: errno) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if let boundPath { unlink(boundPath) }
    }

    /// Binds a socket to each address; a port of 0 becomes that of the first socket that has one.
    static func bind(_ configuration: ServerConfiguration) throws(ServerError) -> [Listener] {
        var listeners: [Listener] = []
        for address in configuration.addresses {
            let chosen = listeners.first { $0.port != 0 }?.port ?? 0
            switch address {
            case .ip(let ip, let port):
                let listener = try Listener(ip.isV4 ? AF_INET : AF_INET6, address)
                try listener.bind(ip, port == 0 ? chosen : port, reusePort: configuration.reusePort)
                listeners.append(listener)
            case .unix(let path):
                let listener = try Listener(AF_UNIX, address)
                try listener.bind(path)
                listeners.append(listener)
            }
        }
        return listeners
    }

    private func bind(_ ip: IPAddress, _ port: Int, reusePort: Bool) throws(ServerError) {
        set(SOL_SOCKET, SO_REUSEADDR, 1)
        if reusePort {
            if port != 0 { try refuseIfTaken(ip, port) }
            set(SOL_SOCKET, SO_REUSEPORT, 1)
        }
        if !ip.isV4 { set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
        // Accepted sockets inherit these: no call per connection. Keep-alive finds clients that vanished without a word.
        set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 60)
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 15)
        set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 4)
        let result = SocketAddress(ip, port: port).withPointer { Glibc.bind(descriptor, $0, $1) }
        guard result == 0 else { throw ServerError("bind", name, number: errno) }
        self.port = SocketAddress.local(of: descriptor)?.port ?? port
    }

    /// Loops of one server share their port, but the kernel would let any server of the same user join in.
    ///
    /// A socket that does not want to share tells whether somebody listens; our own listen only after all are bound.
    private func refuseIfTaken(_ ip: IPAddress, _ port: Int) throws(ServerError) {
        let probe = socket(ip.isV4 ? AF_INET : AF_INET6, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(probe) }
        var on: Int32 = 1
        setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        if !ip.isV4 {
            setsockopt(probe, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        guard SocketAddress(ip, port: port).withPointer({ Glibc.bind(probe, $0, $1) }) != 0, errno == EADDRINUSE else {
            return
        }
        throw ServerError("bind", name, number: EADDRINUSE)
    }

    private func bind(_ path: String) throws(ServerError) {
        // Names of sockets have 107 bytes at most; the path of a directory is spelled through its descriptor if need be.
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let folder = open(slash == path.startIndex ? "/" : String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if folder >= 0 { close(folder) } }
        let short = "/proc/self/fd/\(folder)\(path[slash...])"
        guard let address = SocketAddress(path: path) ?? SocketAddress(path: short) else {
            throw ServerError("bind", name, number: ENAMETOOLONG)
        }
        // Only a socket that nobody answers on is stale; one that answers belongs to a running server.
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(probe) }
        if address.withPointer({ connect(probe, $0, $1) }) == 0 {
            throw ServerError("bind", name, number: EADDRINUSE)
        }
        if errno == ECONNREFUSED { unlink(path) }
        let result = address.withPointer { Glibc.bind(descriptor, $0, $1) }
        guard result == 0 else { throw ServerError("bind", name, number: errno) }
        boundPath = path
        // For the owner only; nobody can connect before `listen`.
        guard chmod(path, 0o600) == 0 else { throw ServerError("chmod", name, number: errno) }
    }

    /// Lets clients connect.
    func listen(backlog: Int) throws(ServerError) {
        guard Glibc.listen(descriptor, Int32(clamping: backlog)) == 0 else {
            throw ServerError("listen", name, number: errno)
        }
    }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// What `accept` had to offer.
    enum Arrival {
        case connection(Int32, PeerAddress)
        /// Nobody waits.
        case none
        /// Out of descriptors or memory, most likely: try again later.
        case exhausted(Int32)
    }

    /// Takes one waiting connection.
    func accept() -> Arrival {
        while true {
            var address = SocketAddress()
            let socket = address.receive { omni_accept(descriptor, $0, $1) }
            if socket >= 0 { return .connection(socket, peer(of: socket, address)) }
            switch errno {
            case EAGAIN: return .none
            // The client was faster to leave than we to accept, or its packets ran into an error: look at the next one.
            case EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH, ENOPROTOOPT:
                continue
            default: return .exhausted(errno)
            }
        }
    }

    private func peer(of socket: Int32, _ address: SocketAddress) -> PeerAddress {
        guard let ip = address.ip else {
            let uid = omni_peer_uid(socket)
            return .unix(uid: uid >= 0 ? Int(uid) : nil)
        }
        return .ip(ip, port: address.port)
    }
}

/// A socket address of the families we speak, in the kernel's layout.
private struct SocketAddress {
    private var storage: sockaddr_storage
    private var length: socklen_t

    /// Room for an address that the kernel fills in.
    init() {
        storage = sockaddr_storage()
        length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    }

    init(_ ip: IPAddress, port: Int) {
        storage = sockaddr_storage()
        let networkPort = in_port_t(truncatingIfNeeded: port).bigEndian
        length = withUnsafeMutableBytes(of: &storage) { bytes in
            if ip.isV4 {
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = networkPort
                withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: ip.bytes) }
                bytes.storeBytes(of: address, as: sockaddr_in.self)
                return socklen_t(MemoryLayout<sockaddr_in>.size)
            }
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = networkPort
            withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: ip.bytes) }
            bytes.storeBytes(of: address, as: sockaddr_in6.self)
            return socklen_t(MemoryLayout<sockaddr_in6>.size)
        }
    }

    /// Nil when the path does not fit into the kernel's structure.
    init?(path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: address, as: sockaddr_un.self) }
        length = socklen_t(MemoryLayout<sockaddr_un>.size)
    }

    /// The address that a socket is bound to.
    static func local(of socket: Int32) -> SocketAddress? {
        var address = SocketAddress()
        let result = address.receive { pointer, length in
            getsockname(socket, pointer.assumingMemoryBound(to: sockaddr.self), length)
        }
        return result == 0 ? address : nil
    }

    /// Lets a system call fill in the address.
    mutating func receive(_ call: (UnsafeMutableRawPointer, UnsafeMutablePointer<socklen_t>) -> Int32) -> Int32 {
        withUnsafeMutablePointer(to: &storage) { storage in
            withUnsafeMutablePointer(to: &length) { call(storage, $0) }
        }
    }

    /// Nil for a UNIX socket.
    var ip: IPAddress? {
        withUnsafeBytes(of: storage) { bytes in
            switch Int32(storage.ss_family) {
            case AF_INET:
                let address = bytes.loadUnaligned(as: sockaddr_in.self).sin_addr
                return withUnsafeBytes(of: address) { IPAddress(bytes: Array($0)) }
            case AF_INET6:
                let address = bytes.loadUnaligned(as: sockaddr_in6.self).sin6_addr
                return withUnsafeBytes(of: address) { IPAddress(bytes: Array($0)) }
            default: return nil
            }
        }
    }

    /// 0 for a UNIX socket.
    var port: Int {
        withUnsafeBytes(of: storage) { bytes in
            switch Int32(storage.ss_family) {
            case AF_INET: Int(in_port_t(bigEndian: bytes.loadUnaligned(as: sockaddr_in.self).sin_port))
            case AF_INET6: Int(in_port_t(bigEndian: bytes.loadUnaligned(as: sockaddr_in6.self).sin6_port))
            default: 0
            }
        }
    }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
