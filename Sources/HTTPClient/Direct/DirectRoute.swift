import HTTPCore

/// The way to an upstream that needs neither TLS nor a name server: what a connection of our own can go.
struct DirectRoute: Sendable {
    /// In the order in which they are tried.
    let addresses: [IPAddress]
    let port: Int
    /// The request's head between the method and the first field: ` /path HTTP/1.1`, the Host field and their line ends.
    let headStart: [UInt8]

    /// Nil when the URL asks for TLS, or its host is a name that has to be resolved.
    init?(_ url: RequestURL) {
        guard !url.isSecure else { return nil }
        addresses = url.authority.literalAddresses
        guard !addresses.isEmpty else { return nil }
        port = url.authority.port ?? 80
        let path = url.path.utf8.first == UInt8(ascii: "/") ? url.path : "/" + url.path
        let host = port == 80 ? url.authority.host : "\(url.authority.host):\(port)"
        headStart = Array(" \(path) HTTP/1.1\r\nHost: \(host)\r\n".utf8)
    }
}
