/// What happens to a stream whose provider fails after content was sent.
package enum StreamContinuation: String, Sendable, Hashable, CaseIterable {
    /// The client gets an error event.
    case never
    /// Another target goes on with the text.
    case text
    /// Another target goes on with the text or with an open call, if what it says provably continues the call.
    case textAndTools = "text+tools"
}
