private import CryptoCore
private import Glibc
import Store
import TimeCore

/// Credentials as the store and the secrets know them, seen by one request.
struct StoredCredentials: CredentialChecking {
    let store: Store
    let configuration: Configuration
    let keys: Gate.Keys
    let now: WallTime
    let knownHolder: Principal?

    func apiKey(_ presented: String) -> APIKey? {
        store.key(matching: presented, in: configuration)
    }

    func isEnvironmentKey(_ presented: String) -> Bool {
        // Digests have one length, so the comparison tells nothing about the key's.
        keys.environmentKey.map { $0 == SHA256.hash(presented.utf8) } ?? false
    }

    func session(_ token: String) -> Session? {
        guard let session = keys.tokens.session(in: token, now: now), session.epoch == configuration.sessionEpoch,
            !configuration.isSessionDenied(session.id)
        else { return nil }
        return session
    }
}

/// The user this process runs as.
func currentUserID() -> Int { Int(geteuid()) }

extension Configuration {
    /// What administrators decided at run time, as the gate needs it.
    var gateSettings: GateSettings {
        var gate = GateSettings()
        gate.requiresLogin = settings.requireLogin
        gate.requiresAPIKey = featureFlags["REQUIRE_API_KEY"].flatMap(readBool)
        gate.corsOrigins = settings.corsOrigins
        gate.bodyLimit = settings.maxBodySizeMB.map { $0 << 20 }
        return gate
    }
}
