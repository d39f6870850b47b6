public import HTTPCore

/// Which addresses a request may be sent to; evaluated on the socket's own address, after the name was resolved.
///
/// That makes it independent of how the address was written (`2130706433`, `0x7f.1`, a name with a private record) and of
/// answers that change between two look-ups.
public struct EgressPolicy: Sendable, Hashable {
    private let allowsPrivate: Bool

    /// Only the public internet: for addresses that come from a client, a response or a third party.
    public static let publicOnly = EgressPolicy(allowsPrivate: false)
    /// Also this machine and private networks, for upstreams an administrator configured.
    ///
    /// Link-local addresses and
    /// those where clouds hand out credentials stay refused.
    public static let allowPrivate = EgressPolicy(allowsPrivate: true)

    /// Whether the policy lets a connection to the address through.
    public func permits(_ address: IPAddress) -> Bool {
        permits(NumericAddress(address))
    }

    private func permits(_ address: NumericAddress) -> Bool {
        if AddressRange.neverPermitted.contains(where: { $0.contains(address) }) { return false }
        if let embedded = address.embedded { return allowsPrivate && permits(embedded) }
        return allowsPrivate || !AddressRange.permittedWhenPrivate.contains { $0.contains(address) }
    }
}
