/// The direct connections of one client: how many there are, and those that wait for a request.
struct DirectPool {
    /// Connections that wait, the one that became idle last at the end.
    ///
    /// An object, because taking one out of an array inside a dictionary allocates.
    private final class Waiting {
        var connections: [DirectConnection] = []
    }

    private var idle: [DirectConnection.Key: Waiting] = [:]
    /// Connections, busy or idle.
    private(set) var count = 0

    mutating func opened() {
        count += 1
    }

    /// The connection that became idle last, which is the least likely to have been closed by the server.
    func take(_ key: DirectConnection.Key) -> DirectConnection? {
        idle[key]?.connections.popLast()
    }

    mutating func keep(_ connection: DirectConnection) {
        if let waiting = idle[connection.key] { return waiting.connections.append(connection) }
        let waiting = Waiting()
        waiting.connections.append(connection)
        idle[connection.key] = waiting
    }

    mutating func closed(_ connection: DirectConnection) {
        count -= 1
        guard let waiting = idle[connection.key] else { return }
        if let index = waiting.connections.firstIndex(where: { $0 === connection }) {
            waiting.connections.remove(at: index)
        }
        if waiting.connections.isEmpty { idle[connection.key] = nil }
    }

    /// The connections that have been idle since before then.
    func idle(since time: UInt64) -> [DirectConnection] {
        idle.values.flatMap { $0.connections.prefix { $0.idleSince <= time } }
    }

    /// The connection that has been idle longest.
    var oldest: DirectConnection? {
        idle.values.compactMap(\.connections.first).min { $0.idleSince < $1.idleSince }
    }

    /// The connections that wait for a request.
    var waiting: [DirectConnection] { idle.values.flatMap(\.connections) }
}
