import JSONCore

/// Anthropic's requests, and its blocks, which Chat clients send too.
enum MessagesShape {
    static let request = RequestShape.fields([
        "system": content, "messages": .list(message), "tools": .list(tool), "tool_choice": choice,
        "max_tokens": .number, "temperature": .number, "top_p": .number, "top_k": .number, "stop_sequences": .texts,
        "streaming": .flag, "non_stream": .flag, "disable_stream": .flag, "disable_streaming": .flag,
        "thinking": .fields(["type": .text, "budget_tokens": .number, "display": .text]),
        "output_config": .fields(["effort": .text, "format": format]), "output_format": format,
        "metadata": .fields(["user_id": .text]), "service_tier": .text, "cache_control": mark,
    ])

    private static let message = RequestShape.fields(["content": content, "output_config": .fields(["effort": .text])])
    private static let format = RequestShape.fields(["type": .text, "schema": .object])
    private static let choice = RequestShape.fields([
        "type": .text, "name": .text, "disable_parallel_tool_use": .flag,
    ])
    private static let tool = RequestShape.fields([
        "type": .text, "name": .text, "description": .text, "input_schema": .schema, "strict": .flag,
        "cache_control": mark, "user_location": .object, "allowed_domains": .texts, "blocked_domains": .texts,
        "max_uses": .number,
    ])

    // MARK: - Blocks

    static let mark = RequestShape.fields(["type": .text, "ttl": .text])

    /// The content of a message, whose results of tools have blocks of their own.
    static let content = blocks(block(content: blocks(block(content: .any))))

    private static func blocks(_ block: RequestShape) -> RequestShape {
        .either([.text, .list(.either([.text, block])), block])
    }

    private static func block(content: RequestShape) -> RequestShape {
        .fields(
            [
                "type": .text, "text": .text, "source": source, "title": .text, "context": .text,
                "citations": .either([.object, .list(.object)]), "thinking": .text, "signature": .text, "data": .text,
                "id": .identifier, "name": .text, "input": .arguments, "tool_use_id": .identifier,
                "content": content, "is_error": .flag, "cache_control": mark, "url": .text, "encrypted_content": .text,
            ],
            needs: ["type"]
        )
    }

    /// Where a medium is, or the address of a hit of a search.
    static let source = RequestShape.either([
        .text,
        .fields([
            "type": .text, "media_type": .text, "data": .text, "url": .text, "file_id": .text,
            "content": .either([.text, .list(.fields(["type": .text, "text": .text, "source": .object]))]),
        ]),
    ])

    // MARK: - What blocks must have

    /// Refuses blocks that cannot be read, so that nothing goes missing unsaid.
    static func checkBlocks(of content: JSONValue?) throws(Misfit) {
        guard let content else { return }
        if content.isObject { return try check(content) }
        var index = 0
        for block in content.elements {
            do throws(Misfit) { try check(block) } catch { throw error.inside(.element(index)) }
            index += 1
        }
    }

    private static func check(_ block: JSONValue) throws(Misfit) {
        guard block.isObject, let type = block["type"] else { return }
        if type.equals("text") {
            guard block["text"]?.isString == true else { throw Misfit(missing: "text") }
        } else if type.equals("image") || type.equals("document") {
            do throws(Misfit) { try checkSource(of: block) } catch { throw error.inside(.member("source")) }
        } else if type.equals("redacted_thinking") {
            guard block["data"]?.isString == true else { throw Misfit(missing: "data") }
        } else if type.equals("tool_result") {
            do throws(Misfit) {
                try checkBlocks(of: block.present("content"))
            } catch {
                throw error.inside(.member("content"))
            }
        }
    }

    private static func checkSource(of block: JSONValue) throws(Misfit) {
        guard let source = block.present("source"), source.isObject else { throw Misfit("must be an object") }
        let isDocument = block["type"]?.equals("document") == true
        let kinds: [(type: StaticString, member: StaticString)] =
            [("base64", "data"), ("url", "url"), ("file", "file_id")]
            + (isDocument ? [("text", "data"), ("content", "content")] : [])
        guard let kind = kinds.first(where: { source["type"]?.equals($0.type) == true }) else {
            let known = kinds.map { "'\($0.type)'" }.joined(separator: ", ")
            throw Misfit("must be one of \(known)", at: .member("type"))
        }
        guard source.present(kind.member) != nil else { throw Misfit(missing: kind.member) }
        guard kind.type.description == "content" else { return }
        do throws(Misfit) {
            try checkBlocks(of: source["content"])
        } catch {
            throw error.inside(.member("content"))
        }
    }
}
