package import HTTPCore

/// Where a request comes from, as far as it can be proved.
package struct Source: Sendable, Hashable {
    /// The client's address; `nil` for a peer on the UNIX socket.
    package let address: IPAddress?
    /// Whether the client is on this machine.
    package let isLocal: Bool
    /// Whether the client's connection is encrypted.
    package let isSecure: Bool
    /// Whether the peer is this server's own user, proved by the kernel.
    package let isOperator: Bool

    package init(address: IPAddress?, isLocal: Bool, isSecure: Bool = false, isOperator: Bool = false) {
        self.address = address
        self.isLocal = isLocal
        self.isSecure = isSecure
        self.isOperator = isOperator
    }

    /// Judges by the socket alone.
    ///
    /// Forwarding headers make a loopback peer remote, because then it is a proxy; they tell the client's address only
    /// when the operator trusts that proxy.
    package init(_ facts: RequestFacts, trust: GatePolicy.ProxyTrust, ownUID: Int) {
        switch facts.peer {
        case .unix(let uid):
            self.init(address: nil, isLocal: true, isOperator: uid == ownUID || uid == 0)
        case .ip(let peer, _):
            let peer = peer.withoutMapping
            guard facts.fields.isForwarded else {
                self.init(address: peer, isLocal: peer.isOwnLoopback, isSecure: facts.isSecure)
                return
            }
            guard trust.covers(peer) else {
                self.init(address: peer, isLocal: false, isSecure: facts.isSecure)
                return
            }
            let client = Source.client(in: facts.fields.forwardedFor, trust: trust)
            let isSecure = facts.fields.forwardedProto.map { $0.isASCIIEqual("https") } ?? facts.isSecure
            // A trusted proxy that names no client is not the client itself.
            self.init(address: client ?? peer, isLocal: client?.isOwnLoopback == true, isSecure: isSecure)
        }
    }

    /// The last address of the chain that is no trusted proxy: what stands before it the client may have invented.
    private static func client(in chains: [String], trust: GatePolicy.ProxyTrust) -> IPAddress? {
        let entries = chains.flatMap(splitList).map { Authority($0)?.address ?? IPAddress($0) }
        var client: IPAddress?
        for entry in entries.reversed() {
            guard let entry = entry?.withoutMapping else { break }
            client = entry
            if !trust.covers(entry) { break }
        }
        return client
    }
}

extension GatePolicy.ProxyTrust {
    /// Whether a peer of this address is a proxy of ours.
    func covers(_ address: IPAddress) -> Bool {
        switch self {
        case .none: false
        case .loopback: address.isOwnLoopback
        case .privateNetworks: address.isOwnLoopback || address.isPrivate
        }
    }
}
