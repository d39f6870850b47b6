/// Who may use a route.
///
/// There is no default: a route without a class does not compile.
package enum Access: Sendable, Hashable, CaseIterable {
    /// Anybody; credentials are looked at but never demanded.
    case open
    /// A valid key or session, or nobody at all while the server is keyless.
    case clientAPI
    /// A session or a key with management scope; open to this machine while the login is switched off.
    case management
    /// Like `management`, but a switched-off login changes nothing.
    case alwaysProtected
    /// Like `alwaysProtected`, and the peer must be on this machine.
    case localOnly

    /// The value of `x-omniroute-route-class`.
    package var routeClass: String {
        switch self {
        case .open: "PUBLIC"
        case .clientAPI: "CLIENT_API"
        case .management, .alwaysProtected, .localOnly: "MANAGEMENT"
        }
    }

    /// Whether the route belongs to the management surface (its answers are never cached, its errors are not in a
    /// client's dialect).
    package var isManagement: Bool {
        switch self {
        case .open, .clientAPI: false
        case .management, .alwaysProtected, .localOnly: true
        }
    }
}

/// What a handler is able to do.
///
/// Protection follows from it, so that a new handler cannot be left open by being missing from a list of paths.
package struct Capabilities: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// Starts another program.
    package static let spawns = Capabilities(rawValue: 1 << 0)
    /// Shows secrets in clear, mints credentials, or can send a stored credential to a new address.
    package static let handlesCredentials = Capabilities(rawValue: 1 << 1)
    /// Replaces or exports the database as a whole.
    package static let writesDatabase = Capabilities(rawValue: 1 << 2)
    /// Ends or restarts the server.
    package static let stopsServer = Capabilities(rawValue: 1 << 3)
    /// May be used by a session whose only right is to choose a new password.
    package static let changesPassword = Capabilities(rawValue: 1 << 4)
}

extension Access {
    /// The class after the demands of the handler's capabilities.
    func tightened(by capabilities: Capabilities) -> Access {
        if capabilities.contains(.spawns) { return .localOnly }
        if self == .localOnly { return self }
        let protected: Capabilities = [.handlesCredentials, .writesDatabase, .stopsServer]
        return capabilities.isDisjoint(with: protected) ? self : .alwaysProtected
    }
}
