import Dialects
import Providers
import Synchronization
package import TimeCore

/// The health of every account, in memory: rests, backoff levels, terminal states, locks of single models.
///
/// Everything recovers lazily: state is compared with the time when it is read, there are no timers. What is not known
/// here yet is taken from the stored state of the account, so that a restart forgets nothing but model locks.
package final class AccountHealth: Sendable {
    private let state = Mutex(State())
    private let profiles: Mutex<ResilienceProfiles>
    private let localDays: DayBoundary

    struct State {
        var accounts: [String: AccountRecord] = [:]
        var locks: [LockKey: ModelLock] = [:]
        var keys: [String: KeyRotation] = [:]
    }

    struct LockKey: Hashable {
        let account: String
        let model: String
    }

    package init(profiles: ResilienceProfiles = ResilienceProfiles(), localDays: DayBoundary = .local) {
        self.profiles = Mutex(profiles)
        self.localDays = localDays
    }

    /// Other figures for rests; those that have begun stay.
    package func use(_ profiles: ResilienceProfiles) { self.profiles.withLock { $0 = profiles } }

    // MARK: - Reading

    package func availability(of account: Account, model: String, at now: WallTime) -> Availability {
        state.withLock { $0.availability(of: account, model: model, at: now) }
    }

    /// The first of the accounts that can be used now; asked for every request, so that it costs one lock.
    func firstAvailable(
        of accounts: [Account],
        model: String,
        at now: WallTime,
        where isWanted: (Account) -> Bool
    ) -> Account? {
        state.withLock { state in
            accounts.first { isWanted($0) && state.availability(of: $0, model: model, at: now) == .available }
        }
    }

    /// Locks that still hold, the soonest to end first.
    package func modelLocks(at now: WallTime) -> [ModelLock] {
        state.withLock { $0.locks.values.filter { $0.until > now } }.sorted { $0.until < $1.until }
    }

    // MARK: - Recording

    /// Takes note of a failed attempt; the result is what should be stored, if anything.
    package func failed(
        _ account: Account,
        model: String,
        verdict: FailureVerdict,
        evidence: FailureEvidence,
        keyTurn: Int = 0,
        at now: WallTime
    ) -> HealthChange? {
        let profile = profiles.withLock { $0[account.kind] }
        let hint = RetryHint.moment(in: evidence, at: now)
        return state.withLock { state -> HealthChange? in
            if evidence.status == 401, state.hasSpareKey(of: account, after: keyTurn) { return nil }
            var record = state.record(of: account)
            // Of failures that happen together only the first counts: the others neither lengthen the rest nor raise
            // the level.
            guard record.terminal == nil, (record.restsUntil ?? now) <= now else { return nil }
            if verdict.locksModel(of: account, status: evidence.status) {
                let rest = Rest(verdict: verdict, profile: profile, hint: hint, days: localDays)
                state.lock(model, of: account, verdict: verdict, rest: rest, evidence: evidence, at: now)
                return nil
            }
            guard verdict.isHarmful else { return nil }
            let rest = Rest(verdict: verdict, profile: profile, hint: hint, days: localDays)
            record.fail(verdict: verdict, rest: rest, isStored: account.isStored, evidence: evidence, at: now)
            state.accounts[account.healthKey] = record
            return account.isStored ? record.change(of: account.id) : nil
        }
    }

    /// Takes note of an answer that began well; the result is what should be stored, if anything.
    ///
    /// `start` is when the attempt began: a success that began before the last failure says nothing about now.
    package func succeeded(_ account: Account, model: String, start: WallTime, keyTurn: Int = 0) -> HealthChange? {
        state.withLock { state in
            if !state.keys.isEmpty { state.keys[account.id]?.succeeded(keyTurn) }
            if !state.locks.isEmpty {
                let key = LockKey(account: account.healthKey, model: model)
                if let lock = state.locks[key], lock.lastFailure <= start { state.locks[key] = nil }
            }
            let record = state.record(of: account)
            guard !record.isSound, record.lastFailure.map({ $0 <= start }) ?? true else { return nil }
            state.accounts[account.healthKey] = AccountRecord(StoredHealth())
            return account.isStored ? AccountRecord(StoredHealth()).change(of: account.id) : nil
        }
    }

    /// Which of an account's keys the next call uses: all in turn, without those refused twice in a row.
    package func nextKeyTurn(of account: Account) -> Int {
        let count = account.options.extraKeys.count + 1
        guard count > 1 else { return 0 }
        return state.withLock { $0.keys[account.id, default: KeyRotation()].next(of: count) }
    }

    /// Takes note that a change was stored, in a row of the given time.
    ///
    /// From then on the row counts, so that whatever the user or a test writes into it later is obeyed. A change that
    /// was overtaken by another one in the meantime is passed over.
    package func stored(_ change: HealthChange, rowTime: WallTime) {
        state.withLock { state in
            guard let record = state.accounts[change.account], record.change(of: change.account) == change else {
                return
            }
            state.accounts[change.account]?.rowTime = rowTime
        }
    }

    // MARK: - Forgetting

    /// Back to the stored state of an account, model locks and keys included: after it was deleted.
    package func forget(_ account: String) {
        state.withLock { state in
            state.accounts[account] = nil
            state.keys[account] = nil
            state.locks = state.locks.filter { $0.key.account != account }
        }
    }

    /// Ends the locks of a model on all accounts of a provider; all locks without arguments.
    package func unlock(provider: String? = nil, model: String? = nil) -> Int {
        state.withLock { state in
            let before = state.locks.count
            state.locks = state.locks.filter { entry in
                (provider.map { $0 != entry.value.provider } ?? false)
                    || (model.map { $0 != entry.value.model } ?? false)
            }
            return before - state.locks.count
        }
    }

    /// Back to the stored state of everything.
    package func reset() { state.withLock { $0 = State() } }
}

/// The part behind the lock.
extension AccountHealth.State {
    /// What is true of an account: what happened since its row was written, else the row.
    fileprivate func record(of account: Account) -> AccountRecord {
        guard !accounts.isEmpty, let known = accounts[account.healthKey] else { return AccountRecord(account.stored) }
        guard let rowTime = known.rowTime, account.updatedAt >= rowTime else { return known }
        var record = AccountRecord(account.stored)
        record.lastFailure = known.lastFailure
        return record
    }

    fileprivate func availability(of account: Account, model: String, at now: WallTime) -> Availability {
        let record = record(of: account)
        if let terminal = record.terminal { return .terminal(terminal) }
        if let until = record.restsUntil, until > now {
            return .resting(until: until, onlyModel: false, status: record.status, message: record.message)
        }
        guard !locks.isEmpty,
            let lock = locks[AccountHealth.LockKey(account: account.healthKey, model: model)], lock.until > now,
            !account.stored.passedTest(after: lock.lastFailure)
        else { return .available }
        return .resting(until: lock.until, onlyModel: true, status: lock.status, message: lock.message)
    }

    /// Notes that a key was refused; true while the account has another one.
    fileprivate mutating func hasSpareKey(of account: Account, after turn: Int) -> Bool {
        let count = account.options.extraKeys.count + 1
        guard count > 1 else { return false }
        return keys[account.id, default: KeyRotation()].failed(turn, of: count)
    }

    fileprivate mutating func lock(
        _ model: String,
        of account: Account,
        verdict: FailureVerdict,
        rest: Rest,
        evidence: FailureEvidence,
        at now: WallTime
    ) {
        let key = AccountHealth.LockKey(account: account.healthKey, model: model)
        let earlier = locks[key]
        if let earlier, earlier.until > now {
            // A failure beside the one that locked: only a longer figure of the upstream's counts.
            let end = rest.end(level: 0, at: now).moment
            if verdict.rest != .backoff, verdict.rest != .base { locks[key]?.until = max(earlier.until, end) }
            return
        }
        let isRecent = earlier.map { now - $0.lastFailure < AccountRecord.memory } ?? false
        let failures = isRecent ? (earlier?.failureCount ?? 0) + 1 : 1
        let until = rest.end(level: failures - 1, at: now).moment
        locks[key] = ModelLock(
            provider: account.provider,
            account: account.id,
            model: model,
            reason: verdict.reason,
            until: until,
            failureCount: failures,
            status: evidence.status,
            message: evidence.failure.message,
            lastFailure: now
        )
        trim(at: now)
    }

    /// Clients can ask for any model name: bounded, the locks that end soonest go first.
    private mutating func trim(at now: WallTime) {
        let limit = 4_096
        guard locks.count > limit else { return }
        locks = locks.filter { $0.value.until > now }
        guard locks.count > limit else { return }
        let kept = locks.sorted { $0.value.until > $1.value.until }.prefix(limit / 2)
        locks = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}

extension FailureVerdict {
    /// Whether the failure is put on the model instead of the account.
    fileprivate func locksModel(of account: Account, status: Int) -> Bool {
        guard rest != .none, terminal == nil else { return false }
        return scope == .model || (account.locksModels && (status == 404 || status == 429 || status >= 500))
    }
}
