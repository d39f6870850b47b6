import LogCore
import Routing
import Store

extension Gateway {
    /// Stores a change of an account's state, off the request's path; nothing is lost if it fails, because the state in memory
    /// counts and the next change is stored again.
    func remember(_ change: HealthChange?) {
        guard let change else { return }
        let store = store
        let log = log
        Task.detached {
            do {
                try await store.saveHealth(change)
            } catch {
                log.warn("an account's state could not be stored", .string("error", "\(error)"))
            }
        }
    }
}
