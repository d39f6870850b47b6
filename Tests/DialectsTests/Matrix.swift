import Foundation
import JSONCore
import Testing

@testable import Dialects

/// The matrix of every client dialect by every upstream dialect: inputs once, outputs per pair.
///
///     Matrix/inputs/                          what writes the inputs
///     Matrix/requests/<client>/<case>.json
///     Matrix/answers/<upstream>/<case>        .sse and .ndjson are streams, .json is a whole body
///     Matrix/expected/<client>-to-<upstream>/requests/<case>.json, or .error.json for a refusal
///                                     losses/<case>.txt            what could not be expressed, if anything
///                                     streams/<case>               to a client that wants a stream
///                                     bodies/<case>.json           to a client that wants one body
///
/// `UPDATE_GOLDEN=1` rewrites what is expected; validators, which know nothing of our codecs, judge every output.
enum Matrix {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Matrix")

    struct Input: Sendable {
        var name: String
        var bytes: [UInt8]
        var isStream: Bool
    }

    static func requests(_ dialect: Dialect) throws -> [Input] { try inputs("requests/\(dialect.rawValue)") }

    static func answers(_ dialect: Dialect) throws -> [Input] { try inputs("answers/\(dialect.rawValue)") }

    private static func inputs(_ folder: String) throws -> [Input] {
        let folder = root.appending(path: folder)
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { file in
            let url = folder.appending(path: file)
            return Input(
                name: url.deletingPathExtension().lastPathComponent,
                bytes: [UInt8](try Data(contentsOf: url)),
                isStream: url.pathExtension != "json"
            )
        }
    }

    // MARK: - Expectations

    /// Compares an output with its file, or writes it.
    static func check(_ output: [UInt8], _ direction: Direction, _ file: String) throws {
        let url = self.url(direction, file)
        if Golden.isUpdating {
            let folder = url.deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
        try #require(
            Golden.isUpdating || FileManager.default.fileExists(atPath: url.path),
            "\(direction) has no \(file)"
        )
        try Golden.check(output, url, file)
    }

    /// Compares an output that is mostly empty: nothing is expected where there is no file.
    static func checkRare(_ output: String, _ direction: Direction, _ file: String) throws {
        let exists = FileManager.default.fileExists(atPath: url(direction, file).path)
        if !output.isEmpty || exists, !Golden.isUpdating || !output.isEmpty {
            try check(Array(output.utf8), direction, file)
        }
    }

    /// Removes what a previous run expected.
    static func forget(_ direction: Direction, _ folders: [String]) {
        guard Golden.isUpdating else { return }
        for folder in folders { try? FileManager.default.removeItem(at: url(direction, folder)) }
    }

    private static func url(_ direction: Direction, _ file: String) -> URL {
        root.appending(path: "expected/\(direction.folder)/\(file)")
    }
}

extension TargetProfile {
    /// A present model of the dialect's own vendor: most features can be expressed, so that most are tested.
    static func vendor(_ dialect: Dialect) -> TargetProfile {
        var profile = TargetProfile(dialect)
        switch dialect {
        case .openAIChat:
            profile.developerRole = true
            profile.maxTokensField = .maxCompletionTokens
            profile.customTools = true
            profile.strictTools = true
            profile.nativeExtras = true
            profile.serviceTiers = true
            profile.userField = .safetyIdentifier
            profile.reasoningStyle = .effort
            profile.audioIn = true
            profile.hostedWebSearch = .options
        case .anthropicMessages:
            profile.jsonSchema = true
            profile.maxOutput = 64_000
            profile.hostedWebSearch = .anthropic(type: "web_search_20250305")
        case .openAIResponses, .gemini, .ollama: break
        }
        return profile
    }
}
