import LogCore
import Routing
import Store

extension Gateway {
    /// Stores a change of an account's state, off the request's path.
    ///
    /// What cannot be stored now is only missing after a restart, and the next change is stored again.
    func remember(_ change: HealthChange?) {
        guard let change else { return }
        let (store, health, log) = (store, health, log)
        Task.detached {
            do {
                let saved = try await store.updateConnection(change.account) { connection in
                    connection.testStatus = change.testStatus
                    connection.rateLimitedUntil = change.rateLimitedUntil
                    connection.backoffLevel = change.backoffLevel
                    connection.lastError = change.lastError
                    connection.lastErrorType = change.lastErrorType
                    connection.errorCode = change.errorCode.map(String.init)
                    connection.lastErrorAt = change.lastErrorAt
                }
                // From now on the row counts, and with it what the user or a test writes into it.
                health.stored(change, rowTime: saved.updatedAt)
            } catch {
                log.warn("an account's state could not be stored", .string("error", "\(error)"))
            }
        }
    }
}
