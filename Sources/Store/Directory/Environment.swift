private import Glibc

/// The settings of the process: environment variables and the files that stand in for them.
///
/// Highest first: the process environment, `DATA_DIR/.env`, `~/.omniroute/.env`, `./.env`, `DATA_DIR/server.env`.
/// An empty value counts as none.
package struct Environment: Sendable {
    /// Where a value came from.
    package enum Source: String, Sendable {
        case process = "the environment"
        case dotEnv = ".env"
        case server = "server.env"
    }

    private var values: [String: [(value: String, source: Source)]] = [:]

    /// Puts the sources together.
    ///
    /// - Parameters:
    ///   - process: The environment of the process.
    ///   - directory: The data directory, whose files are read.
    ///   - workingDirectory: Where `./.env` is looked for; nil skips it.
    /// - Throws: When a file exists but is not ours or cannot be read.
    package init(
        process: [String: String],
        directory: DataDirectory,
        workingDirectory: String?
    ) throws(DataDirectoryError) {
        add(process.map { ($0.key, $0.value) }, .process)
        var files = [directory.file(".env")]
        if let home = process["HOME"], !home.isEmpty { files.append(home + "/.omniroute/.env") }
        if let workingDirectory { files.append(workingDirectory + "/.env") }
        var seen: Set<String> = []
        for file in files where seen.insert(file).inserted {
            add(try Self.entries(of: file, isOurs: file == files[0]), .dotEnv)
        }
        add(try Self.entries(of: directory.file("server.env"), isOurs: true), .server)
    }

    /// An environment of the given values alone.
    package init(_ values: [String: String]) {
        add(values.map { ($0.key, $0.value) }, .process)
    }

    /// The value that counts.
    package subscript(_ name: String) -> String? { values[name]?.first?.value }

    /// Every value a name has, the one that counts first.
    package func candidates(_ name: String) -> [(value: String, source: Source)] { values[name] ?? [] }

    /// All names with the values that count.
    package var all: [String: String] { values.compactMapValues { $0.first?.value } }

    private mutating func add(_ entries: [(String, String)], _ source: Source) {
        // Within one file the last line counts, as shells have it.
        for (name, value) in entries.reversed() where !value.isEmpty {
            values[name, default: []].append((value, source))
        }
    }

    private static func entries(of path: String, isOurs: Bool) throws(DataDirectoryError) -> [(String, String)] {
        do {
            return EnvironmentFile.parse(try PrivateFile.read(path) ?? [])
        } catch {
            // The files outside our directory are a courtesy: one that is not ours or not readable is no file of ours.
            guard isOurs else { return [] }
            throw error
        }
    }
}
