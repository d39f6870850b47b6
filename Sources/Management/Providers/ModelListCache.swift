import Store
import Synchronization
import TimeCore

/// Model lists that providers sent lately; a dashboard asks for them with every visit.
final class ModelListCache: Sendable {
    private struct Entry {
        let models: [ListedModel]
        let version: WallTime
        let fetchedAt: MonotonicTime
    }

    private static let lifetime = Duration.seconds(600)
    private static let capacity = 500
    private let entries = Mutex<[String: Entry]>([:])

    /// The list of a connection, unless it is old or the connection changed since.
    func list(of connection: Connection, now: MonotonicTime) -> [ListedModel]? {
        entries.withLock { entries in
            guard let entry = entries[connection.id], entry.version == connection.updatedAt,
                now - entry.fetchedAt < Self.lifetime
            else { return nil }
            return entry.models
        }
    }

    func keep(_ models: [ListedModel], of connection: Connection, now: MonotonicTime) {
        entries.withLock { entries in
            if entries.count >= Self.capacity { entries.removeAll() }
            entries[connection.id] = Entry(models: models, version: connection.updatedAt, fetchedAt: now)
        }
    }
}
