package import TimeCore

extension AccountHealth {
    /// Takes note that an attempt failed after its answer had begun, when no plan goes on from there.
    ///
    /// - Returns: What should be stored about the account, if anything.
    package func failed(_ attempt: Attempt, _ evidence: FailureEvidence, at now: WallTime) -> HealthChange? {
        failed(attempt, FailureClassifier.verdict(on: evidence, kind: attempt.account.kind), evidence, at: now)
    }

    func failed(
        _ attempt: Attempt,
        _ verdict: FailureVerdict,
        _ evidence: FailureEvidence,
        at now: WallTime
    ) -> HealthChange? {
        failed(
            attempt.account,
            model: attempt.target.model,
            verdict: verdict,
            evidence: evidence,
            keyTurn: attempt.keyTurn,
            at: now
        )
    }

    /// Takes note that an attempt answered; `start` is when it began.
    ///
    /// - Returns: What should be stored about the account, if anything.
    package func succeeded(_ attempt: Attempt, start: WallTime) -> HealthChange? {
        succeeded(attempt.account, model: attempt.target.model, start: start, keyTurn: attempt.keyTurn)
    }
}
