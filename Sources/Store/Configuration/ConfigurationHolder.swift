import SQLiteStore
import Synchronization

/// The published snapshot, and the one being made by jobs whose group is not committed yet.
///
/// Jobs build on `working`; readers see it only once the group is on the disk, and never if it is not.
final class ConfigurationHolder: DatabaseWriter.Observer {
    private struct State {
        var published: Configuration
        var working: Configuration
    }

    private let state: Mutex<State>

    init(_ configuration: Configuration) {
        state = Mutex(State(published: configuration, working: configuration))
    }

    /// What requests see; costs a lock that is held for one assignment.
    var published: Configuration { state.withLock { $0.published } }

    /// For jobs on the writer's thread only.
    var working: Configuration {
        get { state.withLock { $0.working } }
        set { state.withLock { $0.working = newValue } }
    }

    func groupDidCommit() {
        state.withLock { $0.published = $0.working }
    }

    func groupDidRollBack() {
        state.withLock { $0.working = $0.published }
    }
}
