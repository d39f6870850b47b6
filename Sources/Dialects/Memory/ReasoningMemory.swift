package import CryptoCore
import JSONCore

/// Keeps the reasoning of answers for clients that do not send it back with their history.
///
/// Signed and encrypted thinking is worth nothing without its provider, and some providers refuse a history without it.
/// Looking something up must not wait for anything.
package protocol ReasoningMemory: AnyObject, Sendable {
    /// Whether nothing is kept, so that no key is worth computing.
    var isEmpty: Bool { get }
    func recall(_ key: ReasoningKey) -> RememberedReasoning?
    func remember(_ reasoning: RememberedReasoning, for keys: [ReasoningKey])
}

/// What names a turn of the assistant, for one owner: another owner's keys differ in every bit.
///
/// Every key of a turn holds what the turn shows. Ids of calls alone would give one conversation what was thought in
/// another: many servers count them from the beginning in every conversation (`call_0`, `functions.get:0`).
package struct ReasoningKey: Sendable, Hashable {
    package let digest: Digest

    package init(digest: Digest) {
        self.digest = digest
    }

    /// The turn that shows what `turn` does and whose first call has this id, wherever it stands; `nil` for an id that
    /// another call may have too.
    init?(owner: String, call id: String, turn: Digest) {
        guard CallIDs.isUnique(id) else { return nil }
        digest = Self.digest("call", owner, turn.bytes + Array(id.utf8))
    }

    /// The turn that shows what `turn` does, after a conversation that is known as `place`.
    init(owner: String, place: Digest, turn: Digest) {
        digest = Self.digest("turn", owner, place.bytes + turn.bytes)
    }

    /// The account that has encrypted some reasoning.
    init(owner: String, cipher: JSONText) {
        self.digest = Self.digest("cipher", owner, Array(cipher.string.utf8))
    }

    /// The account that keeps a response of this id.
    package init(owner: String, response id: String) {
        digest = Self.digest("response", owner, Array(id.utf8))
    }

    /// The owner's length stands in front of it, so that no owner can spell another one's keys.
    private static func digest(_ kind: String, _ owner: String, _ content: [UInt8]) -> Digest {
        SHA256.hash(Array("omniroute reasoning \(kind) \(owner.utf8.count):\(owner)".utf8) + content)
    }
}

extension TargetProfile {
    /// Whether reasoning of earlier answers has a place in the target's requests.
    var takesReasoningBack: Bool {
        signatureFamily != .none || reasoningReplay == .required || reasoningReplay == .optional
    }
}

extension TranslationContext {
    /// What signatures of the present account are marked with where they are good for no other: eight hex digits.
    var accountScope: String? {
        account.map { String(SHA256.hash(Array($0.utf8)).hex.prefix(8)) }
    }

    /// The signature with its account, if it is bound to one.
    func claiming(_ signature: Signature) -> Signature {
        guard signature.family == .openAI, signature.scope == nil else { return signature }
        var signature = signature
        signature.scope = accountScope
        return signature
    }

    /// The same for what an event carries.
    func claiming(_ event: AnswerEvent) -> AnswerEvent {
        switch event {
        case .signature(let block, let signature): .signature(block, claiming(signature))
        case .open(let block, let choice, .redactedThinking(let signature)):
            .open(block: block, choice: choice, .redactedThinking(claiming(signature)))
        default: event
        }
    }

    /// Keeps whose encrypted reasoning is that goes to the client as it is.
    func rememberIssuer(of event: AnswerEvent) {
        let signature: Signature? =
            switch event {
            case .signature(_, let signature), .open(_, _, .redactedThinking(let signature)): signature
            default: nil
            }
        guard let memory, let signature, signature.family == .openAI, signature.isSigned, let scope = signature.scope
        else { return }
        let issuer = RememberedReasoning(bytes: Array(scope.utf8))
        memory.remember(issuer, for: [ReasoningKey(owner: owner, cipher: signature.data)])
    }

    /// Whether encrypted reasoning is known to be another account's.
    func isForeign(_ cipher: JSONText) -> Bool {
        guard let memory, !memory.isEmpty, let scope = accountScope,
            let issuer = memory.recall(ReasoningKey(owner: owner, cipher: cipher))
        else { return false }
        return !issuer.bytes.elementsEqual(scope.utf8)
    }
}
