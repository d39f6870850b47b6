import JSONCore

/// The way to the data: the running server if there is one, else a private one for the time of a command.
///
/// Either way every change goes through the same handlers, checks and audit as one made in the dashboard, and two
/// processes never write to one database.
struct Backend: Sendable {
    let hooks: ProgramHooks

    /// Runs `work` with a client of the server that owns the data directory.
    func use(
        _ arguments: ParsedArguments,
        _ terminal: Terminal,
        _ work: (SocketClient) async throws -> ExitCode
    ) async throws -> ExitCode {
        let directory = try DataDirectoryChoice.path(arguments, terminal)
        let client = SocketClient(directory: directory)
        if client.isReachable() { return try await work(client) }
        let stop = try await hooks.startPrivately(directory, terminal)
        let result: Result<ExitCode, any Error>
        do {
            result = .success(try await work(client))
        } catch {
            result = .failure(error)
        }
        await stop()
        return try result.get()
    }
}

extension SocketClient.Answer {
    /// The body as JSON, if the server agreed; else its words as a failure.
    func require() throws(CommandError) -> JSONDocument {
        guard !(200...299).contains(status) else { return body.isEmpty ? .emptyObject : try json() }
        let error = (try? json())?.root["error"]
        let details = error?["details"]?.elements.compactMap { detail in
            detail["field"]?.string.map { "\($0): \(detail["message"]?.string ?? "invalid")" }
        }
        let message = error?.string ?? error?["message"]?.string ?? "The server refused with status \(status)"
        let text = ([message] + (details ?? [])).joined(separator: "\n  ")
        switch status {
        case 401, 403: throw CommandError(.permission, text)
        case 502, 503, 504: throw CommandError(.unavailable, text)
        default: throw CommandError(.failure, text)
        }
    }
}

/// Shows lists as tables or as JSON.
enum Listing {
    /// Prints the rows in columns as wide as their widest cell.
    static func table(_ header: [String], _ rows: [[String]]) -> String {
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        let lines = ([header] + rows).map { row in
            row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }.joined(separator: "  ")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The JSON as the server sent it.
    static func json(_ value: JSONValue) -> String {
        String(decoding: value.raw, as: UTF8.self) + "\n"
    }
}
