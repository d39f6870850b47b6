import EventLoop
import HTTPCore
import LogCore
private import Glibc

/// What a connection looks like from outside; names it while it lives.
///
/// libcurl tells the addresses with every request, but the descriptor only after a walk through all connections.
struct ConnectionIdentity: Hashable {
    private let remotePort: Int32
    let localPort: Int32
    private let addresses: UInt64

    init(remote: UnsafePointer<CChar>, remotePort: Int32, local: UnsafePointer<CChar>, localPort: Int32) {
        self.remotePort = remotePort
        self.localPort = localPort
        addresses = Self.hash(local, Self.hash(remote, 0xCBF2_9CE4_8422_2325))
    }

    /// FNV-1a over the characters and the final NUL.
    private static func hash(_ text: UnsafePointer<CChar>, _ seed: UInt64) -> UInt64 {
        var hash = seed
        var cursor = text
        while true {
            hash = (hash ^ UInt64(UInt8(bitPattern: cursor.pointee))) &* 0x100_0000_01B3
            if cursor.pointee == 0 { return hash }
            cursor += 1
        }
    }
}

/// One descriptor of libcurl's.
final class SocketRecord {
    let descriptor: Int32
    /// What libcurl wants to be told about.
    fileprivate(set) var wanted: Interest = []
    /// What the loop watches it for.
    fileprivate var watched: Interest = []
    /// A request was sent on it: from then on libcurl closes it through our callback only.
    fileprivate(set) var identity: ConnectionIdentity?
    /// Number of the pool whose requests it may carry.
    fileprivate(set) var pool: UInt32 = 0
    fileprivate(set) var peer: PeerAddress?
    /// The policy that last let a request through to the peer.
    var permittedBy: EgressPolicy?
    /// HTTP/2 frames may arrive on it at any time.
    var isMultiplexed = false
    /// Requests under way on it.
    var requests = 0
    /// Set by OpenSSL when the peer ends TLS properly.
    ///
    /// Memory of its own: C points to it until the connection is closed, up to which the table keeps the record.
    let goodbye = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)

    var address: IPAddress? {
        if case .ip(let address, _)? = peer { return address }
        return nil
    }

    init(descriptor: Int32) {
        self.descriptor = descriptor
        goodbye.initialize(to: 0)
    }

    deinit {
        goodbye.deallocate()
    }

    /// Ends a kept HTTP/1 connection on which something has arrived although nothing was asked for.
    ///
    /// It is the peer's goodbye, or bytes that would be taken for the answer to the next request. libcurl then finds the
    /// connection dead and takes a new one.
    func closeIfReadable() {
        guard !isMultiplexed else { return }
        var byte: UInt8 = 0
        guard recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) >= 0 else { return }
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}

/// libcurl's descriptors: what it wants, what the loop was told, and which connection each of them is.
///
/// libcurl asks for a descriptor to be forgotten after every request and to be watched again at the next. Following it to the
/// letter would cost two system calls per request, so a connection that stays open stays registered, until something
/// happens on it while nobody cares.
final class SocketTable {
    private let loop: EventLoop
    private let log: Logger
    private let onReady: (SocketRecord, Readiness) -> Void
    private var records: [Int32: SocketRecord] = [:]
    private var byIdentity: [ConnectionIdentity: SocketRecord] = [:]

    init(loop: EventLoop, log: Logger, onReady: @escaping (SocketRecord, Readiness) -> Void) {
        self.loop = loop
        self.log = log
        self.onReady = onReady
    }

    /// Open connections that have carried a request.
    var connectionCount: Int { byIdentity.count }

    func record(of descriptor: Int32) -> SocketRecord? { records[descriptor] }

    func record(of identity: ConnectionIdentity) -> SocketRecord? { byIdentity[identity] }

    /// A socket was created; the number may have belonged to one that libcurl closed silently.
    func opened(_ descriptor: Int32) {
        if let stale = records[descriptor] { forget(stale) }
        records[descriptor] = SocketRecord(descriptor: descriptor)
    }

    /// The socket is connected and carries its first request.
    func established(_ record: SocketRecord, _ identity: ConnectionIdentity, pool: UInt32, peer: PeerAddress?) {
        record.identity = identity
        record.pool = pool
        record.peer = peer
        record.permittedBy = nil
        byIdentity[identity] = record
    }

    /// libcurl wants to be told when the descriptor is ready for this; nothing at all means to forget it.
    func want(_ interest: Interest, on descriptor: Int32) {
        // Not every descriptor was opened by us: the resolver's threads report through one of libcurl's own.
        let record = records[descriptor] ?? SocketRecord(descriptor: descriptor)
        record.wanted = interest
        guard interest.isEmpty else {
            records[descriptor] = record
            return watch(record)
        }
        if record.identity == nil {
            // libcurl may close it without a word, so it must not stay registered.
            forget(record)
        } else if record.watched.contains(.write) {
            unwatch(record)
        }
    }

    /// libcurl is about to close the descriptor through our callback.
    func closing(_ descriptor: Int32) {
        if let record = records[descriptor] { forget(record) }
    }

    /// Something happened on a descriptor that libcurl does not want to hear about.
    func ignored(_ record: SocketRecord) {
        unwatch(record)
        if record.requests == 0, record.identity != nil { record.closeIfReadable() }
    }

    /// Unwatches everything; libcurl closes the sockets.
    func removeAll() {
        for record in records.values { unwatch(record) }
        records = [:]
        byIdentity = [:]
    }

    private func watch(_ record: SocketRecord) {
        guard record.wanted != record.watched else { return }
        do {
            if record.watched.isEmpty {
                let onReady = onReady
                try loop.watch(record.descriptor, for: record.wanted) { onReady(record, $0) }
            } else {
                try loop.update(record.descriptor, for: record.wanted)
            }
            record.watched = record.wanted
        } catch {
            // The transfer will run into its time limit; there is nothing better to do with a broken epoll instance.
            log.error("a socket could not be watched", .int("errno", Int(error.number)))
        }
    }

    private func unwatch(_ record: SocketRecord) {
        guard !record.watched.isEmpty else { return }
        record.watched = []
        loop.unwatch(record.descriptor)
    }

    private func forget(_ record: SocketRecord) {
        record.wanted = []
        unwatch(record)
        if let identity = record.identity, byIdentity[identity] === record { byIdentity[identity] = nil }
        if records[record.descriptor] === record { records[record.descriptor] = nil }
    }
}
