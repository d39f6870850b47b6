package import EventLoop
import JSONCore
import Providers
package import Store
import Synchronization
import TimeCore

/// A model as a provider's own list names it.
package struct OfferedModel: Sendable, Hashable {
    /// What goes into a request.
    package var id: String
    /// For people.
    package var name: String
}

extension TrialAnswer {
    /// The models of a list: `{"data":[{"id":…}]}` as OpenAI and Anthropic have it, `{"models":[…]}` as Gemini and Ollama, or
    /// a bare list; nil for anything else.
    package var offeredModels: [OfferedModel]? {
        guard failure == nil, let root = (try? JSONDocument.parse(body))?.root,
            let list = root["data"] ?? root["models"] ?? (root.isArray ? root : nil)
        else { return nil }
        return list.elements.compactMap(OfferedModel.init)
    }
}

extension OfferedModel {
    /// Reads an entry of a list; nil for what has no name or cannot answer (Gemini lists its embedders too).
    fileprivate init?(_ entry: JSONValue) {
        if let methods = entry["supportedGenerationMethods"], methods.isArray,
            !methods.elements.contains(where: { $0.equals("generateContent") })
        {
            return nil
        }
        guard let given = entry["id"]?.string ?? entry["name"]?.string, !given.isEmpty else { return nil }
        let resource = "models/"
        id = given.hasPrefix(resource) ? String(given.dropFirst(resource.count)) : given
        name = entry["display_name"]?.string ?? entry["displayName"]?.string ?? entry["name"]?.string ?? id
    }
}

/// What the servers of the user's own have said that they offer, for a while.
final class OfferedModelsMemory: Sendable {
    private struct Entry {
        let models: [OfferedModel]
        let version: WallTime
        let forgottenAt: MonotonicTime
    }

    private static let capacity = 500
    private let entries = Mutex<[String: Entry]>([:])

    /// What a connection offers, unless that is old or the connection or its node has changed since.
    func models(of connection: Connection, version: WallTime, now: MonotonicTime) -> [OfferedModel]? {
        entries.withLock { entries in
            guard let entry = entries[connection.id], entry.version == version, now < entry.forgottenAt else {
                return nil
            }
            return entry.models
        }
    }

    /// Remembers an answer for minutes, and that there was none for seconds.
    func keep(_ models: [OfferedModel]?, of connection: Connection, version: WallTime, now: MonotonicTime) {
        let lifetime: Duration = models == nil ? .seconds(30) : .seconds(600)
        let entry = Entry(models: models ?? [], version: version, forgottenAt: now.advanced(by: lifetime))
        entries.withLock { entries in
            if entries.count >= Self.capacity { entries.removeAll() }
            entries[connection.id] = entry
        }
    }
}

extension Gateway {
    /// What the user's own servers offer, by connection: those behind nodes and those on the user's machines, of which no
    /// catalogue knows the models.
    ///
    /// Those that were not asked lately are asked now, all at once and for moments only: a list that lacks a server that is
    /// down is better than one that keeps a client waiting.
    package func offeredModels(
        in configuration: Configuration,
        on loop: EventLoop
    ) async -> [String: [OfferedModel]] {
        var offered: [String: [OfferedModel]] = [:]
        var unknown: [(connection: Connection, node: ProviderNode?, version: WallTime)] = []
        for connection in configuration.connections where connection.isActive {
            let node = configuration.node(connection.provider)
            guard node != nil || catalogue.provider(connection.provider)?.category == .local else { continue }
            let version = max(connection.updatedAt, node?.updatedAt ?? connection.updatedAt)
            if let models = offeredModelsMemory.models(of: connection, version: version, now: time.monotonic()) {
                offered[connection.id] = models
            } else if unknown.count < 32 {
                unknown.append((connection, node, version))
            }
        }
        guard !unknown.isEmpty else { return offered }
        await withTaskGroup(of: (String, [OfferedModel]?).self) { group in
            for (connection, node, version) in unknown {
                group.addTask(executorPreference: loop) {
                    (connection.id, await self.ask(connection, node, version, on: loop))
                }
            }
            for await (id, models) in group { offered[id] = models }
        }
        return offered
    }

    private func ask(
        _ connection: Connection,
        _ node: ProviderNode?,
        _ version: WallTime,
        on loop: EventLoop
    ) async -> [OfferedModel]? {
        let answer = try? await fetchModels(of: connection, node: node, limit: .seconds(2), on: loop)
        let models = (answer ?? nil)?.offeredModels
        offeredModelsMemory.keep(models, of: connection, version: version, now: time.monotonic())
        return models
    }
}
