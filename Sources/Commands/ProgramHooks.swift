/// What the commands need from the part of the program that puts a server together.
package struct ProgramHooks: Sendable {
    /// Runs the server until it is told to stop.
    package let serve: @Sendable (ServeOptions, Terminal) async throws -> ExitCode
    /// Starts a server for one command, when none is running: it takes the data directory's lock and listens on the
    /// socket in it and nowhere else.
    ///
    /// Returns how to stop it.
    package let startPrivately: @Sendable (_ directory: String, Terminal) async throws -> @Sendable () async -> Void

    package init(
        serve: @escaping @Sendable (ServeOptions, Terminal) async throws -> ExitCode,
        startPrivately: @escaping @Sendable (_ directory: String, Terminal) async throws -> @Sendable () async -> Void
    ) {
        self.serve = serve
        self.startPrivately = startPrivately
    }
}

/// What the command line says about how to serve; the environment says the rest.
package struct ServeOptions: Sendable, Hashable {
    package var dataDirectory: String?
    package var hosts: [String] = []
    package var port: Int?
    package var workers: Int?
    /// Add the keys and local servers that are found, without asking.
    package var importsFound = false
    /// Do not look for keys and local servers at all.
    package var skipsDiscovery = false
    package var logLevel: String?
    package var logsJSON = false

    package init() {}
}
