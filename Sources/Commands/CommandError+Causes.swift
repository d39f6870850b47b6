import HTTPServer
import Store

extension CommandError {
    /// What an error of the layers below means to the person who typed the command, and to the script that did.
    package init(explaining error: any Error) {
        switch error {
        case let error as CommandError: self = error
        case let error as DataDirectoryError: self.init(error)
        case let error as StoreError: self.init(error)
        case let error as SecretsError: self.init(error)
        case let error as ServerError: self.init(error)
        case let error as ServerSettings.Invalid: self.init(.configuration, error.description)
        default: self.init(.software, "\(error)")
        }
    }

    /// A data directory that cannot be used.
    init(_ error: DataDirectoryError) {
        let code: ExitCode =
            switch error.code {
            case .inUse: .temporary
            case .wrongOwner, .unsafeEntry: .permission
            case .noHome: .configuration
            case .notWritable, .readOnlyFileSystem, .notADirectory, .diskFull, .failed: .cannotCreate
            }
        self.init(code, error.description)
    }

    private init(_ error: StoreError) {
        let code: ExitCode =
            switch error.code {
            case .wrongStorageKey: .permission
            case .newerSchema: .configuration
            case .overloaded: .temporary
            case .notFound, .duplicate, .invalid: .failure
            case .database: .unavailable
            }
        self.init(code, error.message)
    }

    private init(_ error: SecretsError) {
        let code: ExitCode =
            switch error.code {
            case .storageKeyMissing: .permission
            case .notPersisted: .cannotCreate
            case .databaseUnreadable: .unavailable
            }
        self.init(code, error.description)
    }

    private init(_ error: ServerError) {
        guard error.isAddressInUse else {
            self.init(.configuration, error.description, hint: "Set HOST and PORT, or use --host and --port.")
            return
        }
        self.init(
            .temporary,
            error.description,
            hint: "Another program, or another OmniRoute, has that port; choose one with PORT or --port."
        )
    }
}
