private import CCurl
import Synchronization

/// Where requests go: a URL that was read once, by us and by libcurl, for all requests to it.
///
/// `@unchecked Sendable`: immutable; libcurl copies from its half and never writes to it.
final class Destination: @unchecked Sendable {
    let url: RequestURL
    /// The way there without libcurl; nil if there is none.
    let route: DirectRoute?
    private let parsed: OpaquePointer

    /// Reads an absolute URL; nil when it may not be requested.
    init?(_ text: String) {
        guard let url = RequestURL(text), let parsed = curl_url() else { return nil }
        self.url = url
        route = DirectRoute(url)
        self.parsed = parsed
        let flags = UInt32(CURLU_DISALLOW_USER | CURLU_PATH_AS_IS)
        guard curl_url_set(parsed, CURLUPART_URL, text, flags) == CURLUE_OK else { return nil }
    }

    deinit {
        curl_url_cleanup(parsed)
    }

    /// libcurl's half, which lives as long as this object.
    var pointer: UnsafeRawPointer { UnsafeRawPointer(parsed) }
}

/// The destinations of recent requests: most requests of a client go to a few URLs.
struct DestinationCache: ~Copyable {
    /// Neither the number nor the size of what is kept is for callers to choose.
    private static let capacity = 256
    private static let longestURL = 2 << 10

    private let known = Mutex<[String: Destination]>([:])

    /// The destination a URL names; nil when it may not be requested.
    func destination(_ url: String) -> Destination? {
        if let destination = known.withLock({ $0[url] }) { return destination }
        guard let destination = Destination(url) else { return nil }
        guard url.utf8.count <= Self.longestURL else { return destination }
        known.withLock { known in
            if known.count >= Self.capacity { known.removeAll() }
            known[url] = destination
        }
        return destination
    }
}
