import JSONCore

/// Media in Gemini's parts.
enum GeminiMedia {
    static func read(_ part: JSONValue) -> Media? {
        var media: Media?
        if let inline = part.present("inlineData", or: "inline_data"), let data = inline["data"]?.text {
            media = inlined(data, type: inline.present("mimeType", or: "mime_type")?.string?.lowercased())
        } else if let file = part.present("fileData", or: "file_data"),
            let url = file.present("fileUri", or: "file_uri")?.text
        {
            media = stored(url, type: file.present("mimeType", or: "mime_type")?.string?.lowercased())
        }
        let name = (part.present("inlineData", or: "inline_data") ?? part.present("fileData", or: "file_data"))?
            .present("displayName", or: "display_name")
        media?.filename = name?.text
        media?.detail = detail(part)
        return media
    }

    private static func kind(of type: String?) -> Media.Kind {
        guard let type else { return .document }
        if type.hasPrefix("image/") { return .image }
        if type.hasPrefix("audio/") { return .audio }
        return type.hasPrefix("video/") ? .video : .document
    }

    private static func inlined(_ data: JSONText, type: String?) -> Media {
        if let type, type.hasPrefix("text/"), let text = plainText(data) {
            return Media(.document, .text(text), type: type)
        }
        return MediaReading.medium(kind(of: type), base64: data, type: type)
    }

    private static func plainText(_ data: JSONText) -> JSONText? {
        var bytes: [UInt8] = []
        data.appendUnescaped(to: &bytes)
        guard let decoded = GeminiBase64.decode(bytes) else { return nil }
        return String(validating: decoded, as: UTF8.self).map { JSONText($0) }
    }

    private static func stored(_ url: JSONText, type: String?) -> Media {
        if GeminiFiles.isVideo(url) { return Media(.video, .url(url), type: type) }
        let kind = kind(of: type)
        guard !GeminiFiles.isStored(url) else { return Media(kind, .file(url, .gemini), type: type) }
        return MediaReading.medium(kind, url: url, type: type)
    }

    private static func detail(_ part: JSONValue) -> String? {
        let resolution = part.present("mediaResolution", or: "media_resolution")
        switch (resolution?["level"] ?? resolution)?.string {
        case "MEDIA_RESOLUTION_LOW": return "low"
        case "MEDIA_RESOLUTION_HIGH": return "high"
        default: return nil
        }
    }

    // MARK: - Writing

    /// Writes a medium as a part; what has no form here becomes its placeholder.
    static func write(_ media: Media, to writer: inout JSONWriter) {
        writer.beginObject()
        writeMembers(of: media, to: &writer)
        writer.endObject()
    }

    /// Writes the members of a medium's part, behind which others may follow.
    static func writeMembers(of media: Media, to writer: inout JSONWriter) {
        switch media.source {
        case .base64(let data):
            writer.key("inlineData")
            writer.beginObject()
            writer.member("mimeType", media.type ?? fallbackType(of: media.kind))
            writer.member("data", data)
            writer.endObject()
        case .url(let url), .file(let url, .gemini):
            writer.key("fileData")
            writer.beginObject()
            if let type = media.type { writer.member("mimeType", type) }
            writer.member("fileUri", url)
            writer.endObject()
        case .text, .blocks: writer.member("text", ChatMedia.text(of: media) ?? "")
        case .file: writer.member("text", media.placeholder)
        }
    }

    private static func fallbackType(of kind: Media.Kind) -> String {
        switch kind {
        case .image: "image/png"
        case .audio: "audio/wav"
        case .video: "video/mp4"
        case .document: "application/pdf"
        }
    }
}
