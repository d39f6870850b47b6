import CryptoCore
import Gate
import HTTPCore
import Store
import Synchronization
import TimeCore

/// The one place where a password is compared: every entrance that takes one goes through here, with the same lockout.
final class PasswordGate: Sendable {
    private let services: ManagementServices
    /// Sources whose password is being checked right now.
    private let checking = Mutex<Set<String>>([])

    init(services: ManagementServices) {
        self.services = services
    }

    /// Compares a password and returns when it is right; any other outcome is thrown as the answer to the client.
    ///
    /// `wrong` is the answer to a wrong password, `purpose` the beginning of the audit action (`auth.login`).
    func check(_ password: String, call: Call, wrong: Refusal, purpose: String) async throws {
        let source = call.source.lockoutName
        let isProtected = call.configuration.settings.bruteForceProtection
        if isProtected { try refuseLocked(source, call.source) }
        // Guesses that arrive together would all be compared before the first one counts.
        guard checking.withLock({ $0.insert(source).inserted }) else { throw Self.tooMany(seconds: 1) }
        defer { checking.withLock { checking in _ = checking.remove(source) } }
        switch try await verdict(password) {
        case .matches:
            try await services.store.loginGuard.succeeded(source)
        case .noPassword:
            try await services.store.audit(
                call.audit("\(purpose).setup_required", resource: "auth_session", status: "failed")
            )
            var refusal = Refusal(.forbidden, "No password configured. Complete onboarding first.")
            refusal.extras = [("needsSetup", "true")]
            throw refusal
        case .doesNotMatch:
            let until =
                isProtected
                ? try await services.store.loginGuard.failed(source, isLocal: call.source.isLocal) : nil
            let action = until == nil ? "failed" : "locked"
            try await services.store.audit(
                call.audit("\(purpose).\(action)", target: "dashboard-auth", resource: "auth_session", status: "failed")
            )
            if let until { throw Self.tooMany(seconds: seconds(until: until)) }
            throw wrong
        }
    }

    private func refuseLocked(_ name: String, _ source: Source) throws {
        guard let until = services.store.loginGuard.locked(name, isLocal: source.isLocal) else { return }
        throw Self.tooMany(seconds: seconds(until: until))
    }

    private func verdict(_ password: String) async throws -> PasswordCheck {
        do {
            return try await services.store.checkPassword(Secret(password))
        } catch let error as StoreError where error.code == .overloaded {
            throw Refusal(.serviceUnavailable, "Too many logins at once. Try again later.").retry(after: 2)
        }
    }

    private func seconds(until time: WallTime) -> Int {
        Int(((time - services.time.wall()).millisecondsClamped + 999) / 1000)
    }

    private static func tooMany(seconds: Int) -> Refusal {
        Refusal(.tooManyRequests, "Too many failed attempts. Try again later.").retry(after: seconds)
    }
}

extension Source {
    /// Under what failed logins are counted: an IPv4 address, or the /64 that one IPv6 customer gets.
    var lockoutName: String {
        guard let address else { return "local" }
        guard !address.isV4, let network = IPAddress(bytes: address.bytes.prefix(8) + [UInt8](repeating: 0, count: 8))
        else { return address.description }
        return "\(network)/64"
    }
}
