package import JSONCore

/// A medium that was downloaded because its target takes no URLs.
package struct FetchedMedia: Sendable {
    let type: String
    /// Base64.
    let data: JSONText

    /// Its length as base64.
    package var size: Int { data.utf8Count }

    /// Takes the bytes of a download; nil for what is neither a picture nor a PDF file.
    package init?(_ bytes: [UInt8]) {
        guard let type = MediaType.detect(bytes), Self.types.contains(type) else { return nil }
        self.type = type
        data = JSONText(rawEscaped: Base64.encode(bytes))
    }

    private static let types = MediaType.commonImages.union(["image/heic", "application/pdf"])
}

extension RequestTranslator {
    /// So many media of one request are downloaded; of more, the newest.
    private static let fetchLimit = 8

    /// The URLs of pictures and PDF files that must be downloaded before the request is translated, each once.
    ///
    /// What they hold is put into `TranslationContext.fetchedMedia`. Almost all requests have none, which their bytes tell:
    /// only where a JSON string begins like a URL is the request read.
    package static func mediaToFetch(
        _ body: JSONDocument,
        profile: TargetProfile,
        context: TranslationContext
    ) -> [String] {
        guard context.clientDialect != context.upstreamDialect, !profile.imageURLs || !profile.documentURLs,
            body.bytes[...].contains("\"http")
        else { return [] }
        // What is wrong with the request is said when it is translated.
        var context = context
        guard let conversation = try? context.clientDialect.codec.decodeRequest(body, context: &context) else {
            return []
        }
        return newest(of: conversation.turns.lazy.flatMap(\.parts).flatMap(\.media), profile)
    }

    private static func newest(of media: some Sequence<Media>, _ profile: TargetProfile) -> [String] {
        var urls: [String] = []
        for media in media.reversed() where urls.count < fetchLimit {
            if let url = media.urlToFetch(for: profile), !urls.contains(url) { urls.append(url) }
        }
        return urls.reversed()
    }
}

extension Part {
    /// The medium that it is, or the media that it holds.
    fileprivate var media: [Media] {
        switch self {
        case .media(let media): [media]
        case .toolResult(let result): result.parts.flatMap(\.media)
        default: []
        }
    }
}

extension Media {
    /// Whether it is given by a URL that the target does not read; that of a stored file or a site of its own is fine.
    func hasForeignURL(for profile: TargetProfile) -> Bool {
        guard case .url(let url) = source else { return false }
        let isTaken =
            switch kind {
            case .image: profile.imageURLs
            case .document: profile.documentURLs
            case .audio, .video: true
            }
        let isGoogles = profile.googleFiles && (GeminiFiles.isStored(url) || GeminiFiles.isVideo(url))
        return !isTaken && !isGoogles
    }

    /// The URL of a medium that the target could read, but not by this URL.
    func urlToFetch(for profile: TargetProfile) -> String? {
        guard case .url(let text) = source, kind == .image ? profile.images : profile.pdf,
            hasForeignURL(for: profile)
        else { return nil }
        let url = text.string
        return url.hasPrefix("http://") || url.hasPrefix("https://") ? url : nil
    }

    /// The medium itself instead of its URL, if it was downloaded.
    func fetched(for profile: TargetProfile, _ context: TranslationContext) -> Media {
        guard !context.fetchedMedia.isEmpty, let url = urlToFetch(for: profile),
            let fetched = context.fetchedMedia[url]
        else { return self }
        var media = self
        media.source = .base64(fetched.data)
        media.type = fetched.type
        media.kind = fetched.type == "application/pdf" ? .document : .image
        return media
    }
}

extension String {
    /// The host of a URL: the only part of it that may be repeated to others.
    package var hostOfURL: String {
        guard let scheme = firstRange(of: "://") else { return "unknown" }
        let rest = self[scheme.upperBound...].prefix { !"/?#".contains($0) }
        return String(rest.split(separator: "@").last ?? "unknown")
    }
}
