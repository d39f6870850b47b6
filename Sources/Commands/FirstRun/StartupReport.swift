/// What the server prints when it is ready.
package struct StartupReport: Sendable {
    package var version: String
    /// The addresses that are listened on, as `http://127.0.0.1:20128`; the first is used in examples.
    package var addresses: [String]
    package var dataDirectory: String
    /// The generated password; shown on the start that made it and never again.
    package var newPassword: String?
    /// Where the generated password is also kept until it is changed.
    package var passwordFile: String?
    /// Whether model calls need a key.
    package var needsKey: Bool
    /// Whether other machines can connect.
    package var isExposed: Bool
    /// Accounts that can be used.
    package var connections: Int
    package var keys: Int
    /// A model that answers right now.
    package var exampleModel: String

    package init(
        version: String,
        addresses: [String],
        dataDirectory: String,
        newPassword: String? = nil,
        passwordFile: String? = nil,
        needsKey: Bool,
        isExposed: Bool,
        connections: Int,
        keys: Int,
        exampleModel: String
    ) {
        self.version = version
        self.addresses = addresses
        self.dataDirectory = dataDirectory
        self.newPassword = newPassword
        self.passwordFile = passwordFile
        self.needsKey = needsKey
        self.isExposed = isExposed
        self.connections = connections
        self.keys = keys
        self.exampleModel = exampleModel
    }

    private var base: String { addresses.first ?? "http://127.0.0.1:20128" }

    /// The whole text.
    package var text: String {
        var lines = ["", "OmniRoute \(version) is ready", ""]
        lines.append("  API        \(base)/v1")
        for address in addresses.dropFirst() { lines.append("             \(address)/v1") }
        lines.append("  Dashboard  \(base)/dashboard (to come)")
        lines.append("  Data       \(dataDirectory)")
        if let newPassword {
            lines.append("  Password   \(newPassword)")
            let place = passwordFile.map { "; until you change it, it is also in \($0)" } ?? ""
            lines.append("             (shown only now\(place))")
        }
        lines += ["", "Try it:", "", curl, ""]
        if isExposed { lines += exposure }
        if connections == 0 {
            lines += [
                "No provider is connected yet; '\(exampleModel)' answers without one.",
                "Connect one:  omniroute providers add openai", "",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One command that works when pasted, on one line as shells want it.
    private var curl: String {
        let key = needsKey ? #" -H "Authorization: Bearer $OMNIROUTE_KEY""# : ""
        let body = #"{"model":"\#(exampleModel)","messages":[{"role":"user","content":"Hello"}]}"#
        return "  curl \(base)/v1/chat/completions\(key) -H 'Content-Type: application/json' -d '\(body)'"
    }

    private var exposure: [String] {
        var lines = ["This server can be reached from other machines."]
        if needsKey {
            lines.append(
                keys == 0
                    ? "Model calls need a key, and there is none yet:  omniroute keys create my-laptop"
                    : "Model calls need a key (omniroute keys list)."
            )
        } else {
            lines.append(
                "WARNING: model calls need no key (REQUIRE_API_KEY=false): anybody who can connect spends your money."
            )
        }
        lines.append("Put a proxy with TLS in front of it, or keys and passwords travel in clear.")
        lines.append("")
        return lines
    }
}
