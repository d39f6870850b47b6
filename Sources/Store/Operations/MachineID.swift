import CryptoCore

/// Identifies the machine in the first part of new API keys; no secret.
package enum MachineID {
    /// The first 16 hexadecimal digits of a salted hash of the operating system's machine id.
    package static let value: String = {
        let files = ["/etc/machine-id", "/var/lib/dbus/machine-id"]
        let content = files.lazy.compactMap { try? PrivateFile.readPublic($0, limit: 256) }.first { !$0.isEmpty }
        let text = content.map { String(decoding: $0, as: UTF8.self) } ?? "unknown"
        let identifier = text.prefix { !$0.isWhitespace }
        return String(SHA256.hash("\(identifier)endpoint-proxy-salt".utf8).hex.prefix(16))
    }()
}
