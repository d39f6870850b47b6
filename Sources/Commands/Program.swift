/// The whole command line of `omniroute`.
package enum Program {
    /// All commands, in the order of the help text.
    package static func commands(_ hooks: ProgramHooks, version: String) -> CommandTable {
        let backend = Backend(hooks: hooks)
        var all = ServeCommand(hooks: hooks).all
        all += DoctorCommand(backend: backend, version: version).all
        all += KeyCommands(backend: backend).all
        all += ProviderCommands(backend: backend).all
        all += ComboCommands(backend: backend).all
        all += SmallCommands(backend: backend, version: version).all
        return CommandTable(all, version: version)
    }
}
