private import Dialects
import HTTPCore

/// Applies the policy of a route's class to what a request proved about itself.
struct PolicyCheck {
    let facts: RequestFacts
    let route: Route
    let source: Source
    let rules: GateRules
    let identity: Identification

    private var policy: GatePolicy { rules.policy }
    private var settings: GateSettings { rules.settings }

    /// On whose behalf the request runs, or the reason why it does not.
    func principal() throws(Refusal) -> Principal {
        let principal =
            switch route.access {
            case .open: openPrincipal()
            case .clientAPI: try clientPrincipal()
            case .management: try managementPrincipal(loginCanBeOff: true)
            case .alwaysProtected: try managementPrincipal(loginCanBeOff: false)
            case .localOnly: try localPrincipal()
            }
        if principal.isAmbient, !facts.method.isSafe { try refuseCrossSite() }
        return principal
    }

    /// Whether a principal may see and do what management routes allow, for open routes that show more to managers.
    func canManage(_ principal: Principal) -> Bool {
        principal.hasManagementScope || isLoginOff
    }

    /// A switched-off login opens management to this machine only.
    private var isLoginOff: Bool { !settings.requiresLogin && source.isLocal }

    // MARK: - Classes

    private func openPrincipal() -> Principal {
        if source.isOperator { return .localOperator }
        if case .valid(let principal) = identity.key { return principal }
        return identity.session.map { .session($0) } ?? .anonymous
    }

    private func clientPrincipal() throws(Refusal) -> Principal {
        switch identity.key {
        case .valid(let principal): return principal
        case .refused(let refusal): throw refusal
        case .none, .unknown: break
        }
        if source.isOperator { return .localOperator }
        if let session = identity.session, !session.isRestricted { return .session(session) }
        guard isKeyless else {
            if case .unknown = identity.key { throw .unknownKey }
            throw .keyRequired
        }
        try checkKeyless()
        return .anonymous
    }

    private func managementPrincipal(loginCanBeOff: Bool) throws(Refusal) -> Principal {
        if source.isOperator { return .localOperator }
        if case .refused(let refusal) = identity.key { throw refusal }
        if case .valid(let principal) = identity.key, principal.hasManagementScope { return principal }
        if let session = identity.session {
            if !session.isRestricted || route.capabilities.contains(.changesPassword) { return .session(session) }
            throw .passwordChangeRequired
        }
        if loginCanBeOff, isLoginOff {
            try refuseForeignPage()
            return .anonymous
        }
        throw identity.presentsKey ? .badManagementToken : .loginRequired
    }

    private func localPrincipal() throws(Refusal) -> Principal {
        guard source.isLocal else { throw .localOnly }
        let principal = try managementPrincipal(loginCanBeOff: false)
        switch principal {
        case .session, .localOperator: return principal
        case .anonymous, .apiKey, .environmentKey: throw .localOnly
        }
    }

    // MARK: - Without a key

    /// Whether model calls of this client need no key: the operator said so, or nobody else can connect.
    ///
    /// A client behind a proxy is somebody else.
    private var isKeyless: Bool {
        guard !policy.needsAPIKey(override: settings.requiresAPIKey) else { return false }
        return source.isLocal || (settings.requiresAPIKey ?? policy.requireAPIKey) == false
    }

    /// Any page the user visits can send requests to this machine.
    ///
    /// What keeps it out is that browsers name its origin and that a plain form cannot send JSON.
    private func checkKeyless() throws(Refusal) {
        try refuseForeignPage()
        guard !facts.method.isSafe else { return }
        guard let type = facts.fields.contentType else {
            if facts.fields.origin != nil { throw .keylessContentType }
            return
        }
        guard type.isASCIIEqual("application/json") || isKeylessMedia(type) || isBareCurl(type) else {
            throw .keylessContentType
        }
    }

    /// Whether this is `curl -d` without a content type, as all of Ollama's documentation calls its API.
    ///
    /// A form in a page can send this type too, but browsers say with every form where it comes from.
    private func isBareCurl(_ type: String) -> Bool {
        guard case .dialect(.ollama) = route.errors else { return false }
        return type.isASCIIEqual("application/x-www-form-urlencoded") && facts.fields.origin == nil
            && facts.fields.fetchSite == nil
    }

    /// Whether a media type is one that no plain form can send: JSON, or a kind of it, or an upload.
    private func isKeylessMedia(_ type: String) -> Bool {
        let end = type.utf8.firstIndex(of: UInt8(ascii: ";")) ?? type.endIndex
        let media = String(type[..<end]).trimmingBlanks
        return media.isASCIIEqual("application/json") || media.hasASCIIPrefix("multipart/form-data")
            || media.lowercased().hasSuffix("+json")
    }

    /// Refuses pages of other origins unless the operator listed them.
    private func refuseForeignPage() throws(Refusal) {
        if let origin = facts.fields.origin {
            let normalized = normalizedOrigin(origin)
            if policy.allowedOrigins.contains(normalized) || settings.lists(normalized) { return }
            guard isOwnOrigin(origin) else { throw .foreignOrigin }
        } else if let site = facts.fields.fetchSite, site != "same-origin", site != "none" {
            throw .foreignOrigin
        }
    }

    /// Cookies, and the right of being on this machine, come with every request of a browser, whoever wrote the page.
    private func refuseCrossSite() throws(Refusal) {
        let isKeylessCall = if case .clientAPI = route.access, identity.session == nil { true } else { false }
        if isKeylessCall { return }
        if let site = facts.fields.fetchSite, site != "same-origin", site != "none" { throw .crossSite }
        if let origin = facts.fields.origin, !isOwnOrigin(origin) { throw .crossSite }
    }

    private func isOwnOrigin(_ text: String) -> Bool {
        guard let origin = WebOrigin(text) else { return false }
        if policy.ownOrigins.contains(origin) { return true }
        guard let host = facts.authority else { return false }
        return origin.isSame(as: host, isSecure: source.isSecure)
    }
}
