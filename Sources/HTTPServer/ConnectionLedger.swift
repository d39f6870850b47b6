import HTTPCore
private import Synchronization

/// Counts open connections, over all servers that share it.
public final class ConnectionLedger: Sendable {
    /// Above it, accepting pauses until a connection ends.
    public let maximum: Int
    /// Above it, a further connection from the same address is closed; this machine is exempt.
    public let maximumPerAddress: Int

    private let total = Atomic<Int>(0)
    private let perAddress = Mutex<[IPAddress: Int]>([:])

    /// Creates a ledger without connections.
    public init(maximum: Int, maximumPerAddress: Int) {
        self.maximum = maximum
        self.maximumPerAddress = maximumPerAddress
    }

    /// Connections that are open now.
    public var count: Int { total.load(ordering: .relaxed) }

    /// Whether accepting has to pause.
    var isFull: Bool { count >= maximum }

    /// Counts a connection unless its address has too many.
    func enter(_ peer: PeerAddress) -> Bool {
        guard admits(peer) else { return false }
        total.wrappingAdd(1, ordering: .relaxed)
        return true
    }

    /// Forgets a connection that was counted.
    func leave(_ peer: PeerAddress) {
        total.wrappingSubtract(1, ordering: .relaxed)
        guard let address = Self.limitedAddress(of: peer) else { return }
        perAddress.withLock { counts in
            guard let count = counts[address] else { return }
            counts[address] = count > 1 ? count - 1 : nil
        }
    }

    private func admits(_ peer: PeerAddress) -> Bool {
        guard let address = Self.limitedAddress(of: peer) else { return true }
        return perAddress.withLock { counts in
            let count = counts[address, default: 0]
            guard count < maximumPerAddress else { return false }
            counts[address] = count + 1
            return true
        }
    }

    private static func limitedAddress(of peer: PeerAddress) -> IPAddress? {
        guard case .ip(let address, _) = peer, !peer.isLocal else { return nil }
        return address.unmapped
    }
}
