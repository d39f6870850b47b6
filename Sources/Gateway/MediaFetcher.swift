import CryptoCore
import Dialects
import EventLoop
import HTTPClient
import HTTPCore

/// Downloads the media that a request names by URL, for targets that take no URLs.
///
/// The addresses are a client's: only the public internet is asked, and errors name nothing but hosts.
struct MediaFetcher: Sendable {
    /// How much is downloaded for one request, and for how long.
    struct Limits: Sendable {
        /// Bytes of one file.
        var bytes = 20 << 20
        /// All media of a request together, as base64.
        var total = 48 << 20
        var atOnce = 3
        /// One file, with all its redirects.
        var time = Duration.seconds(10)
        var redirects = 5
    }

    let client: HTTPClient
    let settings: GatewaySettings
    let loop: EventLoop
    var limits = Limits()

    /// All of them, by URL.
    ///
    /// - Throws: `DialectError` for the first that cannot be had; cancellation when the client has left.
    func fetch(_ urls: [String]) async throws -> [String: FetchedMedia] {
        try await withThrowingTaskGroup(of: (String, FetchedMedia).self) { group in
            var waiting = urls[...]
            for url in waiting.prefix(limits.atOnce) {
                group.addTask(executorPreference: loop) { (url, try await fetch(url)) }
            }
            waiting = waiting.dropFirst(limits.atOnce)
            var fetched: [String: FetchedMedia] = [:]
            var size = 0
            while let (url, media) = try await group.next() {
                size += media.size
                guard size <= limits.total else { throw Self.refusal(url, "all files together are too large") }
                fetched[url] = media
                guard let next = waiting.popFirst() else { continue }
                group.addTask(executorPreference: loop) { (next, try await fetch(next)) }
            }
            return fetched
        }
    }

    private func fetch(_ first: String) async throws -> FetchedMedia {
        let deadline = ContinuousClock.now + limits.time
        var url = first
        for _ in 0...limits.redirects {
            let response = try await ask(url, for: first, until: deadline)
            guard (300..<400).contains(response.status.rawValue), let place = response.headers["location"] else {
                return try await read(response, for: first)
            }
            response.cancel()
            guard let next = Self.resolve(place, against: url) else { throw Self.refusal(first, "it leads nowhere") }
            url = next
        }
        throw Self.refusal(first, "it leads from place to place")
    }

    private func ask(
        _ url: String,
        for first: String,
        until deadline: ContinuousClock.Instant
    ) async throws -> ClientResponse {
        // Every step is checked by the client, on the address that it connects to.
        var message = ClientRequest(
            url: url,
            headers: HTTPHeaders([("Accept", "image/*, application/pdf"), ("User-Agent", "OmniRoute")]),
            pool: "media",
            egress: settings.mediaEgress
        )
        let left = deadline - ContinuousClock.now
        guard left > .zero else { throw Self.refusal(first, "it takes too long") }
        message.timeouts.total = left
        message.limits.bodyBytes = limits.bytes
        do {
            return try await client.send(message)
        } catch {
            throw try translated(error, first)
        }
    }

    private func read(_ response: ClientResponse, for url: String) async throws -> FetchedMedia {
        guard response.status.isSuccess else {
            response.cancel()
            throw Self.refusal(url, "it answers with status \(response.status.rawValue)")
        }
        let bytes: [UInt8]
        do {
            bytes = try await response.collect(limit: limits.bytes)
        } catch {
            throw try translated(error, url)
        }
        guard let media = FetchedMedia(bytes) else {
            throw Self.refusal(url, "it is neither a picture (PNG, JPEG, GIF, WebP, HEIC) nor a PDF file")
        }
        return media
    }

    /// The client's error; that of a client who has left stays what it is.
    private func translated(_ error: TransferError, _ url: String) throws -> DialectError {
        if Task.isCancelled || error.code == .closed { throw error }
        switch error.code {
        case .egressRefused: return Self.refusal(url, "its address is not public")
        case .tooLarge, .ratio: return Self.refusal(url, "it is larger than \(limits.bytes >> 20) MiB")
        case .timeout: return Self.refusal(url, "it takes too long")
        default: return Self.refusal(url, "it cannot be reached")
        }
    }

    private static func refusal(_ url: String, _ reason: String) -> DialectError {
        DialectError(
            .invalidRequest,
            "the file at \(url.hostOfURL) cannot be fetched for this model: \(reason)",
            param: "messages",
            code: "invalid_media_url"
        )
    }

    /// The address of a redirect.
    static func resolve(_ place: String, against url: String) -> String? {
        if place.hasPrefix("http://") || place.hasPrefix("https://") { return place }
        guard let scheme = url.firstRange(of: "://") else { return nil }
        if place.hasPrefix("//") { return url[..<scheme.lowerBound] + ":" + place }
        let path = url[scheme.upperBound...].firstIndex { "/?".contains($0) } ?? url.endIndex
        if place.hasPrefix("/") { return url[..<path] + place }
        // Another scheme, or an address relative to the last directory.
        guard !place.isEmpty, !place.prefix(while: { $0 != "/" }).contains(":") else { return nil }
        let directory = url[path...].prefix { $0 != "?" }.lastIndex(of: "/").map { url[...$0] } ?? url[..<path] + "/"
        return directory + place
    }
}
