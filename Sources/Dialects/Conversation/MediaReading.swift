import CryptoCore
import JSONCore

/// Reads media in the forms in which clients write them.
enum MediaReading {
    /// An image by URL or data URL.
    static func image(url: JSONText) -> Media { medium(.image, url: url) }

    /// A medium by URL or data URL.
    static func medium(_ kind: Media.Kind, url: JSONText, type: String? = nil) -> Media {
        guard url.utf8Count > 5, startsAsDataURL(url) else { return Media(kind, .url(url), type: type) }
        var bytes: [UInt8] = []
        url.appendUnescaped(to: &bytes)
        return dataURL(kind, bytes, type: type) ?? Media(kind, .url(url), type: type)
    }

    /// A medium given as base64, perhaps with line breaks or in the URL-safe alphabet.
    static func medium(_ kind: Media.Kind, base64 text: JSONText, type: String?) -> Media {
        if startsAsDataURL(text) { return medium(kind, url: text, type: type) }
        var bytes: [UInt8] = []
        text.appendUnescaped(to: &bytes)
        return base64Medium(kind, bytes[...], type: type)
    }

    private static func startsAsDataURL(_ text: JSONText) -> Bool {
        guard text.utf8Count < 4_096 else { return hasDataPrefix(text) }
        return text.string.hasPrefix("data:")
    }

    /// As `hasPrefix`, for texts too large to decode just to look at their beginning.
    private static func hasDataPrefix(_ text: JSONText) -> Bool {
        var bytes: [UInt8] = []
        text.appendUnescaped(to: &bytes)
        return bytes.starts(with: "data:".utf8)
    }

    // MARK: - Data URLs

    private static func dataURL(_ kind: Media.Kind, _ bytes: [UInt8], type: String?) -> Media? {
        guard let comma = bytes.firstIndex(of: UInt8(ascii: ",")) else { return nil }
        let header = String(decoding: bytes[5..<comma], as: UTF8.self)
        let fields = header.split(separator: ";", omittingEmptySubsequences: false)
        let declared = fields.first.map { $0.trimmedLowercase }.flatMap { $0.isEmpty ? nil : $0 }
        let payload = bytes[(comma + 1)...]
        if fields.dropFirst().contains(where: { $0.trimmedLowercase == "base64" }) {
            return base64Medium(kind, payload, type: declared ?? type)
        }
        let plain = percentDecoded(payload)
        if let declared, declared.hasPrefix("text/"), let text = String(validating: plain, as: UTF8.self) {
            return Media(.document, .text(JSONText(text)), type: declared)
        }
        return base64Medium(kind, Base64.encode(plain)[...], type: declared ?? type)
    }

    private static func base64Medium(_ kind: Media.Kind, _ payload: ArraySlice<UInt8>, type: String?) -> Media {
        let clean = Base64.normalised(payload)
        let head = Base64.decode(clean.prefix(32))
        let detected = MediaType.detect(head)
        var kind = kind
        if let detected { kind = detected == "application/pdf" ? .document : kind == .document ? .image : kind }
        let type = detected ?? type?.lowercased()
        // `image/jpg` is what people write; no API knows it.
        return Media(kind, .base64(JSONText(rawEscaped: clean)), type: type == "image/jpg" ? "image/jpeg" : type)
    }

    private static func percentDecoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else {
                out.append(byte)
                continue
            }
            out.append(value)
            rest = rest.dropFirst(2)
        }
        return out
    }
}

/// Media types told by the first bytes of a file.
enum MediaType {
    static func detect(_ head: [UInt8]) -> String? {
        if head.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return "image/png" }
        if head.starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        if head.starts(with: "GIF8".utf8) { return "image/gif" }
        if head.starts(with: "%PDF".utf8) { return "application/pdf" }
        if head.count >= 12, head.starts(with: "RIFF".utf8), head[8..<12].elementsEqual("WEBP".utf8) {
            return "image/webp"
        }
        if head.starts(with: "BM".utf8), head.count >= 6 { return "image/bmp" }
        guard head.count >= 12, head[4..<8].elementsEqual("ftyp".utf8) else { return nil }
        let brand = String(decoding: head[8..<12], as: UTF8.self)
        if brand == "avif" { return "image/avif" }
        return ["heic", "heix", "mif1", "msf1", "heim", "heis"].contains(brand) ? "image/heic" : nil
    }

    /// The image types that OpenAI and Anthropic read.
    static let commonImages: Set<String> = ["image/png", "image/jpeg", "image/gif", "image/webp"]
}

extension Media {
    /// The medium as a URL: its own, or a data URL.
    var dataURL: JSONText? {
        switch source {
        case .url(let url): return url
        case .base64(let data):
            let fallback =
                kind == .document ? "application/pdf" : kind == .image ? "image/png" : "application/octet-stream"
            return JSONText.joined([JSONText("data:\(type ?? fallback);base64,"), data], separator: "")
        case .file, .text, .blocks: return nil
        }
    }
}

/// Base64 with the standard alphabet and padding.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group = 0
            for offset in 0..<3 { group = group << 8 | (offset < count ? Int(bytes[start + offset]) : 0) }
            for position in 0..<4 {
                let value = alphabet[group >> (18 - 6 * position) & 63]
                out.append(position <= count ? value : UInt8(ascii: "="))
            }
        }
        return out
    }

    /// Without white space, in the standard alphabet and padded; everything else stays as it is.
    static func normalised(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.count + 3)
        for byte in text where byte > 0x20 {
            switch byte {
            case UInt8(ascii: "-"): out.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): out.append(UInt8(ascii: "/"))
            // A quote or a backslash is no base64 and must not end the JSON string.
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): break
            default: out.append(byte)
            }
        }
        return out
    }

    /// The bytes of as much of a text as is base64.
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8] {
        let valid = text.prefix { alphabet.contains($0) }
        return Base64URL.decode(
            String(decoding: valid.prefix(valid.count / 4 * 4).map(urlSafe), as: UTF8.self)
        ) ?? []
    }

    private static func urlSafe(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "+"): UInt8(ascii: "-")
        case UInt8(ascii: "/"): UInt8(ascii: "_")
        default: byte
        }
    }
}

extension StringProtocol {
    fileprivate var trimmedLowercase: String { String(self).trimmingBlanks().lowercased() }
}
