import LogCore
import Routing
import Store

extension Gateway {
    /// Stores a change of an account's state, off the request's path. The state in memory counts; what cannot be stored now is
    /// only missing after a restart, and the next change is stored again.
    func remember(_ change: HealthChange?) {
        guard let change else { return }
        let (store, log) = (store, log)
        Task.detached {
            do {
                try await store.updateConnection(change.account) { connection in
                    connection.testStatus = change.testStatus
                    connection.rateLimitedUntil = change.rateLimitedUntil
                    connection.backoffLevel = change.backoffLevel
                    connection.lastError = change.lastError
                    connection.lastErrorType = change.lastErrorType
                    connection.errorCode = change.errorCode.map(String.init)
                    connection.lastErrorAt = change.lastErrorAt
                }
            } catch {
                log.warn("an account's state could not be stored", .string("error", "\(error)"))
            }
        }
    }
}
