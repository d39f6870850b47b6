import CryptoCore
import Gate
import HTTPCore
import HTTPServer
import JSONCore
import Store

/// Serves `/api/keys*`.
struct KeyRoutes: Sendable {
    let services: ManagementServices
    let passwords: PasswordGate

    private var store: Store { services.store }

    var routes: [Route] {
        [
            .answering(.get, "/api/keys", access: .management, with: list),
            .answering(.post, "/api/keys", access: .management, capabilities: .handlesCredentials, with: create),
            .answering(.get, "/api/keys/{id}", access: .management, with: show),
            .answering(.patch, "/api/keys/{id}", access: .management, capabilities: .handlesCredentials, with: update),
            .answering(.delete, "/api/keys/{id}", access: .management, capabilities: .handlesCredentials, with: delete),
            .answering(
                .post,
                "/api/keys/{id}/regenerate",
                access: .management,
                capabilities: .handlesCredentials,
                with: regenerate
            ),
            .answering(
                .get,
                "/api/keys/{id}/reveal",
                access: .management,
                capabilities: .handlesCredentials,
                with: reveal
            ),
        ]
    }

    private func list(_ call: Call) async throws -> Response {
        let page = try Page(call, standard: 1000, maximum: 10_000)
        let lastUse = try await store.lastUse()
        let keys = call.configuration.keys
        return .object { writer in
            writer.list("keys", keys.dropFirst(page.offset).prefix(page.limit)) { writer, key in
                KeyView.write(key, lastUsedAt: lastUse.keys[key.id], to: &writer)
            }
            writer.member("total", keys.count)
            writer.member("allowKeyReveal", services.allowsKeyReveal)
        }
    }

    private func create(_ call: Call) async throws -> Response {
        let body = try Body(call)
        let name = body.text("name", 1...200)
        let noLog = body.optionalBool("noLog") ?? false
        let scopes = KeyUpdate.scopes(body) ?? []
        try body.check()
        let draft = APIKeyDraft(name: name, scopes: scopes, noLog: noLog, isRevealable: services.allowsKeyReveal)
        let entry = call.audit("apiKey.create", target: name, resource: "api_key") { $0.texts("scopes", scopes) }
        let made = try await store.createKey(draft, audit: entry)
        return .object(.created) { writer in
            writer.member("key", made.plaintext)
            writer.member("name", made.key.name)
            writer.member("id", made.key.id)
            writer.nullable("machineId", made.key.machineID)
            writer.member("noLog", made.key.noLog)
        }
    }

    private func show(_ call: Call) async throws -> Response {
        let key = try find(call)
        let lastUse = try await store.lastUse()
        return .object { KeyView.writeMembers(key, lastUsedAt: lastUse.keys[key.id], to: &$0) }
    }

    private func find(_ call: Call) throws(Refusal) -> APIKey {
        guard let key = call.configuration.key(call[parameter: "id"]) else {
            throw Refusal(.notFound, "Key not found")
        }
        return key
    }

    private func update(_ call: Call) async throws -> Response {
        let update = try KeyUpdate(try Body(call))
        let before = try find(call)
        let fields = update.changedFields
        let entry = call.audit(action(of: update, before: before), target: before.id, resource: "api_key") {
            $0.texts("changedFields", fields)
        }
        let key = try await store.updateKey(before.id, audit: entry) { update.apply(to: &$0) }
        return .object { writer in
            writer.member("message", "API key settings updated successfully")
            KeyView.writeMembers(key, lastUsedAt: nil, to: &writer)
        }
    }

    /// Switching a key off or on has a name of its own in the audit log.
    private func action(of update: KeyUpdate, before: APIKey) -> String {
        if let isBanned = update.isBanned, isBanned != before.isBanned {
            return isBanned ? "apiKey.ban" : "apiKey.unban"
        }
        if let isActive = update.isActive, isActive != before.isActive {
            return isActive ? "apiKey.activate" : "apiKey.deactivate"
        }
        return "apiKey.update"
    }

    private func delete(_ call: Call) async throws -> Response {
        let key = try find(call)
        let entry = call.audit("apiKey.delete", target: key.id, resource: "api_key") { $0.member("name", key.name) }
        try await store.deleteKey(key.id, audit: entry)
        return .object { $0.member("message", "Key deleted successfully") }
    }

    private func regenerate(_ call: Call) async throws -> Response {
        let key = try find(call)
        let entry = call.audit("apiKey.regenerate", target: key.id, resource: "api_key")
        let made = try await store.regenerateKey(key.id, isRevealable: services.allowsKeyReveal, audit: entry)
        return .object { writer in
            writer.member("message", "API key regenerated successfully")
            writer.member("key", made.plaintext)
            writer.member("id", made.key.id)
        }
    }

    /// Shows a key again: only where the operator allowed it, only with the password, and never unnoticed.
    private func reveal(_ call: Call) async throws -> Response {
        let key = try find(call)
        guard services.allowsKeyReveal else {
            throw Refusal(.forbidden, "Showing keys again is switched off (ALLOW_API_KEY_REVEAL)")
        }
        if case .localOperator = call.principal {
        } else {
            guard let password = call.request.head.headers["x-omniroute-password"] else {
                throw Refusal(.forbidden, "Send the password in the header X-OmniRoute-Password")
            }
            try await passwords.check(
                password,
                call: call,
                wrong: Refusal(.forbidden, "Invalid password"),
                purpose: "apiKey.reveal"
            )
        }
        let entry = call.audit("apiKey.reveal", target: key.id, resource: "api_key")
        guard let secret = try await store.revealKey(key.id, audit: entry) else {
            throw Refusal(.forbidden, "Only the digest of this key is kept")
        }
        return .object { $0.member("key", secret.exposedText()) }
    }
}
