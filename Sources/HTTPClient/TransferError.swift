/// Why a transfer did not end well.
public struct TransferError: Error, Sendable, CustomStringConvertible {
    /// What a transfer was doing when it took too long.
    public enum Phase: String, Sendable {
        /// Resolving the name, connecting, speaking to the proxy, TLS.
        case connect
        /// Waiting for the response's header.
        case firstByte
        /// Waiting for more content.
        case idle
        /// All of it together.
        case total
    }

    /// The kinds of failure.
    public enum Code: Sendable, Equatable {
        /// The URL is not one that may be requested.
        case invalidURL
        /// A header field or the method cannot be sent.
        case invalidRequest
        /// The host's name has no address.
        case resolve
        /// No connection came about.
        case connect
        /// The TLS handshake failed, or the server's certificate is not valid for it.
        case tls
        /// The proxy could not be reached, or it refused.
        case proxy
        /// It took too long.
        case timeout(Phase)
        /// The connection ended before the response was complete.
        case closedEarly
        /// The peer does not speak HTTP as it should.
        case protocolViolation
        /// The header or the content exceeds its limit.
        case tooLarge
        /// The content grows beyond measure by decoding.
        case ratio
        /// The content cannot be decoded as its header says.
        case undecodable
        /// The address may not be connected to.
        case egressRefused
        /// The task was cancelled, or the response was given up.
        case cancelled
        /// The client is closed.
        case closed
        /// Something that should not happen.
        case `internal`
    }

    /// The kind of failure.
    public let code: Code
    /// The host that was to be reached; empty if the URL has none.
    public let host: String
    /// libcurl's result, 0 if it had no part in this.
    public let curlCode: Int
    /// Whether the request, or a part of it, may have reached the server.
    public let wasSent: Bool
    /// libcurl's own words: for logs, never for clients (it may name addresses).
    public let diagnostic: String

    init(_ code: Code, host: String, curlCode: Int = 0, wasSent: Bool = false, diagnostic: String = "") {
        self.code = code
        self.host = host
        self.curlCode = curlCode
        self.wasSent = wasSent
        self.diagnostic = diagnostic
    }

    /// What happened, without anything that depends on the request.
    public var shortDescription: String {
        switch code {
        case .invalidURL: "the URL cannot be requested"
        case .invalidRequest: "the request has a field that cannot be sent"
        case .resolve: "the host name could not be resolved"
        case .connect: "no connection could be established"
        case .tls: "no trusted TLS connection could be established"
        case .proxy: "the proxy could not be used"
        case .timeout(.connect): "connecting took too long"
        case .timeout(.firstByte): "the response did not begin in time"
        case .timeout(.idle): "the response stopped coming"
        case .timeout(.total): "the response did not end in time"
        case .closedEarly: "the connection was closed before the response was complete"
        case .protocolViolation: "the response is not valid HTTP"
        case .tooLarge: "the response is too large"
        case .ratio: "the response's compression ratio is too high"
        case .undecodable: "the response's content coding could not be undone"
        case .egressRefused: "the address may not be connected to"
        case .cancelled: "the transfer was cancelled"
        case .closed: "the client is closed"
        case .internal: "the transfer failed for an unforeseen reason"
        }
    }

    /// What happened, and with which host.
    public var description: String { host.isEmpty ? shortDescription : "\(host): \(shortDescription)" }
}
