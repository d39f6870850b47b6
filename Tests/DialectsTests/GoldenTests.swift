import Foundation
import JSONCore
import Testing

@testable import Dialects

/// The golden matrix: every direction and feature as bytes in and bytes out.
///
/// `Fixtures/<client>-to-<upstream>/<case>.json` is a request and `<case>.expected.json` what is sent for it;
/// `<case>.sse` (`.ndjson` for Ollama) is a provider's stream and `<case>.client.sse` what the client gets of it, `<case>.client.json` what a
/// client gets that wants one body; `<case>.body.json` is a provider's whole body. `<case>.settings.json` changes the
/// target's profile or the client's wishes. `UPDATE_GOLDEN=1` rewrites what is expected.
enum Golden {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    static let isUpdating = ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1"

    struct Case: Sendable, CustomTestStringConvertible {
        var direction: Direction
        var name: String
        var input: URL

        var testDescription: String { "\(direction.folder)/\(name)" }

        /// What the client gets when it wants a stream.
        var clientStream: URL { file(".client" + direction.client.streamSuffix) }

        func file(_ suffix: String) -> URL {
            Golden.root.appending(path: direction.folder).appending(path: name + suffix)
        }
    }

    /// All cases whose input ends with `suffix`.
    static func cases(_ suffix: String, butNot others: [String] = []) -> [Case] {
        Direction.all.flatMap { direction -> [Case] in
            let folder = root.appending(path: direction.folder)
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            return files.filter { file in file.hasSuffix(suffix) && !others.contains { file.hasSuffix($0) } }.sorted()
                .map {
                    Case(
                        direction: direction,
                        name: String($0.dropLast(suffix.count)),
                        input: folder.appending(path: $0)
                    )
                }
        }
    }

    /// All cases that are a provider's stream.
    static var streams: [Case] {
        cases(".sse", butNot: [".client.sse"]) + cases(".ndjson", butNot: [".client.ndjson"])
    }

    /// Compares with the expected file, or writes it.
    static func check(_ actual: [UInt8], _ file: URL, _ name: String) throws {
        if isUpdating { return try Data(actual).write(to: file) }
        let expected = [UInt8](try Data(contentsOf: file))
        if expected != actual {
            Attachment.record(String(decoding: actual, as: UTF8.self), named: name + file.pathExtension)
            #expect(String(decoding: actual, as: UTF8.self) == String(decoding: expected, as: UTF8.self))
        }
    }

    /// The body of a request to another endpoint than the dialect's main one, as the gateway hands it on.
    static func chatBody(of body: JSONDocument, layout: AnswerLayout) throws(DialectError) -> JSONDocument {
        switch layout {
        case .generate: try OllamaGenerate.chatBody(from: body)
        case .textCompletion: try TextCompletion.chatBody(from: body)
        case .standard, .jsonArray: body
        }
    }

    // MARK: - Settings

    struct Settings {
        var root: JSONValue?

        init(_ golden: Case) throws {
            let file = golden.file(".settings.json")
            guard let data = try? Data(contentsOf: file) else { return }
            root = try JSONDocument.parse([UInt8](data)).root
        }

        var streams: Bool { root?["stream"]?.bool ?? false }

        func apply(to context: inout TranslationContext) {
            if let flag = root?["include_usage"]?.bool { context.includeUsage = flag }
            if let count = root?["estimated_input"]?.int { context.estimatedInputTokens = count }
            if let mode = root?["structured"]?.string {
                context.structuredMode =
                    mode == "prompt" ? .prompt : .tool(name: "json_output", unwraps: mode == "wrapped")
            }
            for stop in root?["stops"]?.elements ?? JSONDocument.emptyArray.root.elements {
                if let text = stop.string { context.stopEmulation.append(text) }
            }
            for tool in root?["custom_tools"]?.elements ?? JSONDocument.emptyArray.root.elements {
                if let name = tool.string { context.customTools.insert(name) }
            }
            switch root?["layout"]?.string {
            case "array": context.layout = .jsonArray
            case "generate": context.layout = .generate
            case "textCompletion": context.layout = .textCompletion
            default: break
            }
            context.dropsCommentary = root?["profile"]?["dropsCommentary"]?.bool ?? false
            context.legacyFunctions = root?["legacy"]?.bool ?? false
            context.citesSources = root?["cites"]?.bool ?? false
            context.mirrorsReasoning = root?["mirror"]?.bool ?? false
            for (client, upstream) in root?["names"]?.members ?? JSONDocument.emptyObject.root.members {
                context.toolNames.add(client: client.string, upstream: upstream.string ?? "")
            }
        }

        func apply(to profile: inout TargetProfile) throws {
            for (key, value) in root?["profile"]?.members ?? JSONDocument.emptyObject.root.members {
                try apply(key.string, value, to: &profile)
            }
        }

        private func apply(_ key: String, _ value: JSONValue, to profile: inout TargetProfile) throws {
            let flag = value.bool ?? false
            switch key {
            case "systemOnlyFirst": profile.systemOnlyFirst = flag
            case "systemRole": profile.systemRole = flag
            case "systemInConversation": profile.systemInConversation = flag
            case "developerRole": profile.developerRole = flag
            case "prefill": profile.prefill = flag
            case "maxCompletionTokens": profile.maxTokensField = .maxCompletionTokens
            case "maxOutput": profile.maxOutput = value.int
            case "samplingAllowed": profile.samplingAllowed = flag
            case "tempAndTopP": profile.tempAndTopP = flag
            case "stopSequences": profile.stopSequences = flag
            case "toolChoiceForced": profile.toolChoiceForced = flag
            case "customTools": profile.customTools = flag
            case "images": profile.images = flag
            case "placeholder": profile.unreadableContent = .placeholder
            case "cacheMarks": profile.cacheMarks = flag
            case "automaticCacheMarks": profile.automaticCacheMarks = flag
            case "jsonSchema": profile.jsonSchema = flag
            case "jsonObject": profile.jsonObject = flag
            case "strictTools": profile.strictTools = flag
            case "toolsForHistory": profile.toolsForHistory = flag
            case "nativeExtras": profile.nativeExtras = flag
            case "thinkTags": profile.thinkTags = flag
            case "datedTools": profile.datedTools = flag
            case "lenientEnd": profile.lenientEnd = flag
            case "minP": profile.minP = flag
            case "maxStop": profile.maxStop = value.int
            case "jsonWithTools": profile.jsonWithTools = flag
            case "imagesInToolResults": profile.imagesInToolResults = flag
            case "canSkipThinking": profile.canSkipThinking = flag
            case "callIDs": profile.callIDs = flag
            case "claude": profile.signatureFamily = .anthropic
            case "schema": profile.schemaRule = flag ? .geminiJSONSchema : .geminiSchema
            case "thinkingBudget":
                let limits = value.elements.compactMap(\.int)
                profile.thinkingBudget = limits[0]...limits[1]
            case "dropsCommentary": profile.dropsCommentary = flag
            case "search": profile.hostedWebSearch = value.string.map { .anthropic(type: $0) } ?? .options
            case "mistral": profile.toolIDRule = .mistral
            case "stripFields": profile.stripFields = Set(value.elements.compactMap(\.string))
            case "replay": profile.reasoningReplay = try #require(Self.replays[value.string ?? ""])
            case "reasoning": profile.reasoningStyle = try #require(Self.styles[value.string ?? ""])
            case "efforts": profile.efforts = Set(value.elements.compactMap { EffortLevel(rawValue: $0.string ?? "") })
            default: Issue.record("unknown setting \(key)")
            }
        }

        private static let replays: [String: TargetProfile.ReasoningReplay] = [
            "required": .required, "optional": .optional, "forbidden": .forbidden,
        ]
        private static let styles: [String: TargetProfile.ReasoningStyle] = [
            "none": .none, "effort": .effort, "effortNoNone": .effortNoNone, "budget": .anthropicBudget,
            "adaptive": .anthropicAdaptive, "thinkingType": .thinkingType, "enableThinking": .enableThinking,
            "openRouter": .openRouter, "ollamaFlag": .ollamaFlag, "ollamaLevel": .ollamaLevel,
            "geminiBudget": .geminiBudget, "geminiLevel": .geminiLevel,
        ]
    }
}

@Suite struct `Golden requests` {
    @Test(
        arguments: Golden.cases(
            ".json",
            butNot: [".expected.json", ".settings.json", ".body.json", ".client.json", ".error.json"]
        )
    )
    func `a request becomes what is expected`(golden: Golden.Case) throws {
        let settings = try Golden.Settings(golden)
        var profile = TargetProfile(golden.direction.upstream)
        try settings.apply(to: &profile)
        var context = makeContext(golden.direction.client, golden.direction.upstream, streams: settings.streams)
        settings.apply(to: &context)
        let body = try JSONDocument.parse([UInt8](try Data(contentsOf: golden.input)))
        do {
            let bytes = try RequestTranslator.translate(
                try Golden.chatBody(of: body, layout: context.layout),
                profile: profile,
                context: &context,
                upstreamStreams: settings.streams
            )
            _ = try JSONDocument.parse(bytes)
            try Golden.check(bytes, golden.file(".expected.json"), golden.name)
        } catch let error as DialectError {
            let (status, body) = ErrorBody.render(
                error.failure,
                dialect: golden.direction.client,
                requestID: "req_test"
            )
            #expect(status == 400)
            try Golden.check(body, golden.file(".error.json"), golden.name)
        }
    }
}

@Suite struct `Golden streams` {
    /// Streams up to this size are cut at every single position.
    private static let smallStream = 900

    private static func run(
        _ golden: Golden.Case,
        _ chunks: [[UInt8]],
        streams: Bool,
        cleanEnd: Bool = true
    ) throws -> Relayed {
        let settings = try Golden.Settings(golden)
        var context = makeContext(golden.direction.client, golden.direction.upstream, streams: streams)
        context.estimatedInputTokens = 11
        settings.apply(to: &context)
        var profile = TargetProfile(golden.direction.upstream)
        try settings.apply(to: &profile)
        let isStream = ["sse", "ndjson"].contains(golden.input.pathExtension)
        return relay(
            chunks,
            context,
            contentType: isStream ? golden.direction.upstream.streamType : "application/json",
            cleanEnd: cleanEnd,
            profile: { $0 = profile }
        )
    }

    @Test(arguments: Golden.streams)
    func `a stream becomes what is expected, however it is cut`(golden: Golden.Case) throws {
        let bytes = [UInt8](try Data(contentsOf: golden.input))
        let whole = try Self.run(golden, [bytes], streams: true)
        try Golden.check(Array(whole.out.utf8), golden.clientStream, golden.name)
        // Byte by byte every boundary is a cut at once; pieces of other sizes hold several frames or parts of them.
        for size in [1, 2, 7, 61, 256] {
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min($0 + size, bytes.count)])
            }
            let cut = try Self.run(golden, pieces, streams: true)
            #expect(cut == whole, "in pieces of \(size)")
        }
        guard bytes.count < Self.smallStream else { return }
        for cut in bytes.indices {
            let parts = try Self.run(golden, [Array(bytes[..<cut]), Array(bytes[cut...])], streams: true)
            guard parts == whole else {
                Issue.record("cut at \(cut): \(parts.out)")
                return
            }
        }
    }

    @Test(arguments: Golden.streams)
    func `a stream becomes one body for a client that wants one`(golden: Golden.Case) throws {
        let bytes = [UInt8](try Data(contentsOf: golden.input))
        let whole = try Self.run(golden, [bytes], streams: false)
        var out = Array(whole.out.utf8)
        if let failure = whole.failure {
            #expect(out.isEmpty)
            out = ErrorBody.render(failure, dialect: golden.direction.client, requestID: "req_test").body
        }
        try Golden.check(out, golden.file(".client.json"), golden.name)
    }

    @Test(arguments: Golden.streams)
    func `a truncated stream never ends cleanly before it is complete`(golden: Golden.Case) throws {
        let bytes = [UInt8](try Data(contentsOf: golden.input))
        let whole = try Self.run(golden, [bytes], streams: true)
        let marks = [
            "data: [DONE]", "event: message_stop", #""finish_reason":"stop""#, #""stop_reason":"end_turn""#,
            #""done":true"#,
            #""finishReason":"STOP""#,
            "response.completed", "response.incomplete",
        ]
        // Inside a frame nothing happens, so that large streams are cut around the ends of lines only.
        let isSmall = bytes.count < Self.smallStream
        let places = bytes.indices.filter {
            isSmall || bytes[$0] == 10 || bytes[$0] == 13 || $0 > 0 && bytes[$0 - 1] == 10
        }
        for length in places {
            let part = try Self.run(golden, [Array(bytes[..<length])], streams: true, cleanEnd: false)
            if part.failure == nil {
                #expect(part.isComplete)
                #expect(part.stopReason == whole.stopReason)
            } else if part.hasContent {
                #expect(part.out.contains("\"error\""))
                let clean = part.out.components(separatedBy: "\"error\"")[0]
                #expect(!marks.contains(where: clean.contains), "cut at \(length): \(part.out)")
            }
        }
    }

    @Test(arguments: Golden.cases(".body.json"))
    func `a body becomes what is expected`(golden: Golden.Case) throws {
        let bytes = [UInt8](try Data(contentsOf: golden.input))
        for streams in [false, true] {
            let whole = try Self.run(golden, [bytes], streams: streams)
            var out = Array(whole.out.utf8)
            if let failure = whole.failure, out.isEmpty {
                out = ErrorBody.render(failure, dialect: golden.direction.client, requestID: "req_test").body
            }
            try Golden.check(out, streams ? golden.clientStream : golden.file(".client.json"), golden.name)
            #expect(try Self.run(golden, bytes.map { [$0] }, streams: streams) == whole)
        }
    }
}
