import LogCore
import Routing
import Store

extension Gateway {
    /// Stores a change of an account's state, off the request's path and in the order of the calls.
    ///
    /// What cannot be stored now is only missing after a restart, and the next change is stored again.
    func remember(_ change: HealthChange?) {
        guard let change else { return }
        let (health, log) = (health, log)
        store.enqueueConnectionUpdate(change.account) { connection in
            connection.testStatus = change.testStatus
            connection.rateLimitedUntil = change.rateLimitedUntil
            connection.backoffLevel = change.backoffLevel
            connection.lastError = change.lastError
            connection.lastErrorType = change.lastErrorType
            connection.errorCode = change.errorCode.map(String.init)
            connection.lastErrorAt = change.lastErrorAt
        } completion: { result in
            switch result {
            // From now on the row counts, and with it what the user or a test writes into it.
            case .success(let saved): health.stored(change, rowTime: saved.updatedAt)
            case .failure(let error): log.warn("an account's state could not be stored", .string("error", "\(error)"))
            }
        }
    }
}
