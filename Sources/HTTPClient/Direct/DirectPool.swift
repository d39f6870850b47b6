/// The direct connections of one client: how many there are, and those that wait for a request.
struct DirectPool {
    private var idle: [DirectConnection.Key: [DirectConnection]] = [:]
    /// Connections, busy or idle.
    private(set) var count = 0
    private var idleCount = 0

    mutating func opened() {
        count += 1
    }

    /// The connection that became idle last, which is the least likely to have been closed by the server.
    mutating func take(_ key: DirectConnection.Key) -> DirectConnection? {
        guard let connection = idle[key]?.popLast() else { return nil }
        idleCount -= 1
        return connection
    }

    mutating func keep(_ connection: DirectConnection) {
        idle[connection.key, default: []].append(connection)
        idleCount += 1
    }

    mutating func closed(_ connection: DirectConnection, wasIdle: Bool) {
        count -= 1
        if wasIdle, let index = idle[connection.key]?.firstIndex(where: { $0 === connection }) {
            idle[connection.key]?.remove(at: index)
            idleCount -= 1
        }
        if idle[connection.key]?.isEmpty == true { idle[connection.key] = nil }
    }

    /// The connections that have been idle since before then.
    func idle(since time: UInt64) -> [DirectConnection] {
        idle.values.flatMap { $0.prefix { $0.idleSince <= time } }
    }

    /// The connection that has been idle longest.
    var oldest: DirectConnection? {
        guard idleCount > 0 else { return nil }
        return idle.values.compactMap(\.first).min { $0.idleSince < $1.idleSince }
    }

    /// The connections that wait for a request.
    var waiting: [DirectConnection] { idle.values.flatMap(\.self) }
}
