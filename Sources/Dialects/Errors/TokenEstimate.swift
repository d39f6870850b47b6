package import JSONCore

/// Counts the input of a request here, for clients that ask for it and providers that cannot tell.
package enum TokenEstimate {
    private static let image = 1_600
    private static let audio = 500
    private static let perMessage = 3

    /// An estimate of the input tokens: a quarter of the characters, and fixed figures for media.
    package static func inputTokens(_ body: JSONDocument, dialect: Dialect) -> Int {
        guard dialect != .gemini else { return GeminiTokenCount.inputTokens(body.root) }
        var count = Count()
        let root = body.root
        if let system = root["system"] ?? root["instructions"] { count.add(content: system) }
        if let input = root["input"] { count.add(input: input) }
        if let messages = root["messages"] {
            for message in messages.elements where message.isObject { count.add(message: message) }
        }
        for tool in root["tools"]?.elements ?? JSONDocument.emptyArray.root.elements { count.add(tool: tool) }
        return count.tokens
    }

    private struct Count {
        private var characters = 0
        private var fixed = 0

        var tokens: Int { (characters + 3) / 4 + fixed }

        mutating func add(message: JSONValue) {
            fixed += perMessage
            if let content = message["content"] { add(content: content) }
            if let calls = message["tool_calls"] {
                for call in calls.elements {
                    add(text: call["function"]?["name"])
                    add(text: call["function"]?["arguments"])
                }
            }
            add(text: message["reasoning_content"])
            add(text: message["thinking"])
            // Ollama's images stand beside the text.
            for image in message["images"]?.elements ?? JSONDocument.emptyArray.root.elements {
                fixed += Self.imageTokens(ofData: image.text)
            }
        }

        /// The input of a Responses request: text, or items.
        mutating func add(input: JSONValue) {
            if input.isObject { return add(item: input) }
            guard input.isArray else { return add(text: input) }
            for item in input.elements { add(item: item) }
        }

        private mutating func add(item: JSONValue) {
            guard item.isObject else { return add(text: item) }
            if item["role"] != nil { return add(message: item) }
            add(text: item["name"])
            add(text: item["arguments"] ?? item["input"])
            add(raw: item["action"] ?? item["operation"])
            for part in item["summary"]?.elements ?? JSONDocument.emptyArray.root.elements { add(text: part["text"]) }
            if let content = item["output"] ?? item["content"] { add(content: content) }
        }

        mutating func add(content: JSONValue) {
            if content.isString { return add(text: content) }
            if content.isArray {
                for part in content.elements { add(part: part) }
            } else if content.isObject {
                add(part: content)
            }
        }

        private mutating func add(part: JSONValue) {
            if part.isString { return add(text: part) }
            guard let type = part["type"]?.string else { return add(text: part["text"]) }
            switch type {
            case "image", "image_url", "input_image": fixed += Self.imageTokens(part)
            case "input_audio", "audio_url": fixed += audio
            case "document", "file", "input_file": add(document: part)
            case "thinking": add(text: part["thinking"])
            case "redacted_thinking": break
            case "tool_use", "server_tool_use":
                add(text: part["name"])
                add(raw: part["input"])
            case "tool_result": if let content = part["content"] { add(content: content) }
            default: add(text: part["text"] ?? part["refusal"])
            }
        }

        private mutating func add(document: JSONValue) {
            add(text: document["title"])
            add(text: document["context"])
            let source = document["source"] ?? document["file"] ?? document
            if source["type"]?.equals("text") == true { return add(text: source["data"]) }
            if let content = source["content"] { return add(content: content) }
            guard let data = (source["data"] ?? source["file_data"])?.text else { return fixed += 1_500 }
            // A page is about 50 kB of a PDF.
            fixed += 1_500 * max(1, data.utf8Count * 3 / 4 / 50_000)
        }

        mutating func add(tool: JSONValue) {
            let definition = tool["function"] ?? tool["custom"] ?? tool
            add(text: definition["name"])
            add(text: definition["description"])
            add(raw: definition["parameters"] ?? definition["input_schema"])
        }

        private mutating func add(text: JSONValue?) {
            characters += text?.text?.utf8Count ?? text.map { $0.isObject ? $0.range.count : 0 } ?? 0
        }

        private mutating func add(raw: JSONValue?) { characters += raw?.range.count ?? 0 }

        private static func imageTokens(_ part: JSONValue) -> Int {
            let given = part["source"]?["data"] ?? part["image_url"]?["url"] ?? part["image_url"] ?? part["image"]
            return imageTokens(ofData: given?.text)
        }

        private static func imageTokens(ofData data: JSONText?) -> Int {
            guard let data, let size = ImageSize.read(data) else { return image }
            return max(1, size.width * size.height / 750)
        }
    }
}

/// The size of an image, if the beginning of its file reveals it.
enum ImageSize {
    static func read(_ text: JSONText) -> (width: Int, height: Int)? {
        guard text.utf8Count >= 40, text.utf8Count < 64 << 20 else { return nil }
        var bytes: [UInt8] = []
        text.appendUnescaped(to: &bytes)
        var payload = bytes[...]
        if payload.starts(with: "data:".utf8) {
            guard let comma = payload.firstIndex(of: UInt8(ascii: ",")) else { return nil }
            payload = payload[(comma + 1)...]
        }
        let head = Base64.decode(payload.prefix(64))
        if head.count >= 24, head.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
            return plausible(number(head[16..<20]), number(head[20..<24]))
        }
        guard head.count >= 10, head.starts(with: "GIF8".utf8) else { return nil }
        return plausible(Int(head[6]) | Int(head[7]) << 8, Int(head[8]) | Int(head[9]) << 8)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

    private static func plausible(_ width: Int, _ height: Int) -> (width: Int, height: Int)? {
        (1...20_000).contains(width) && (1...20_000).contains(height) ? (width, height) : nil
    }
}
