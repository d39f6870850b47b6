private import Glibc
import HTTPCore

/// Requests that need neither TLS nor a proxy nor a name server go over connections of our own.
///
/// That is the way to servers on this machine and in the local network, and it spares such requests about a third of the
/// processor time and each of their streams some 11 KB, which libcurl needs for what is not needed here.
extension TransferEngine {
    /// Sends a request over a kept connection, or over a new one.
    func startDirectly(_ transfer: Transfer, _ route: DirectRoute) throws(TransferError) {
        guard writeHead(of: transfer, route) else { throw transfer.failure(.invalidRequest) }
        let pool = pools.number(of: transfer.request.pool, nil)
        for address in route.addresses {
            let key = DirectConnection.Key(pool: pool, address: address, port: route.port)
            guard let connection = takeQuiet(key) else { continue }
            guard permits(transfer, on: connection) else {
                direct.keep(connection)
                throw transfer.failure(.egressRefused)
            }
            transfer.carrier = .direct(connection)
            enlist(transfer)
            return send(transfer, on: connection, isReused: true)
        }
        enlist(transfer)
        connect(transfer, route, pool: pool)
    }

    private func takeQuiet(_ key: DirectConnection.Key) -> DirectConnection? {
        while let connection = direct.take(key) {
            if connection.isQuiet { return connection }
            connection.close()
        }
        return nil
    }

    private func writeHead(of transfer: Transfer, _ route: DirectRoute) -> Bool {
        let count = RequestRules.contentCount(transfer.request.method, transfer.content)
        return heads.write(transfer.request, route, contentCount: count)
    }

    private func permits(_ transfer: Transfer, on connection: DirectConnection) -> Bool {
        let policy = transfer.request.egress
        guard connection.permittedBy != policy else { return true }
        guard isAcceptable(.ip(connection.key.address, port: connection.key.port), to: policy) else { return false }
        connection.permittedBy = policy
        return true
    }

    private func send(_ transfer: Transfer, on connection: DirectConnection, isReused: Bool) {
        transfer.connected(at: turnTime, isReused: isReused)
        connection.send(heads.bytes, for: transfer, isReused: isReused)
    }

    // MARK: - Connecting

    /// Connects to the first of the host's addresses that may be and can be connected to.
    private func connect(
        _ transfer: Transfer,
        _ route: DirectRoute,
        pool: UInt32,
        after failed: IPAddress? = nil,
        errno number: Int32 = 0
    ) {
        var number = number
        let next = failed.flatMap { route.addresses.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
        for address in route.addresses.dropFirst(next) {
            let policy = transfer.request.egress
            guard isAcceptable(.ip(address, port: route.port), to: policy) else {
                transfer.refuseEgress()
                continue
            }
            if direct.count >= configuration.maximumConnections { direct.oldest?.close() }
            let key = DirectConnection.Key(pool: pool, address: address, port: route.port)
            guard let connection = DirectConnection.open(self, key, for: transfer, permittedBy: policy) else {
                number = Glibc.errno
                continue
            }
            guard transfer.outcome == nil else { return }
            transfer.carrier = .direct(connection)
            if connection.isConnected { begin(transfer, on: connection) }
            return
        }
        let reason = number == 0 ? "" : String(cString: strerror(number))
        ended(transfer, transfer.failure(transfer.abortCode ?? .connect, diagnostic: reason))
    }

    /// A new connection is there.
    func begin(_ transfer: Transfer, on connection: DirectConnection) {
        guard let route = transfer.destination.route, writeHead(of: transfer, route) else {
            return ended(transfer, transfer.failure(.invalidRequest))
        }
        send(transfer, on: connection, isReused: false)
    }

    /// A connection did not come about: the host may have another address.
    func couldNotConnect(_ connection: DirectConnection, errno number: Int32) {
        guard let transfer = connection.transfer, let route = transfer.destination.route else {
            return connection.close()
        }
        let key = connection.key
        connection.close()
        connect(transfer, route, pool: key.pool, after: key.address, errno: number)
    }

    /// A kept connection turned out to be dead: the request is sent once more, over a new one.
    func sendAgain(_ transfer: Transfer, pool: UInt32) {
        guard let route = transfer.destination.route else { return }
        transfer.connectionStarted(at: turnTime)
        connect(transfer, route, pool: pool)
    }
}
