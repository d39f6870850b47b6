package import Providers

/// A provider key found in the environment.
package struct FoundKey: Sendable, Hashable {
    package let provider: String
    package let providerName: String
    /// The variable that holds it; the value stays where it is until the user agrees.
    package let variable: String

    package init(provider: String, providerName: String, variable: String) {
        self.provider = provider
        self.providerName = providerName
        self.variable = variable
    }
}

/// Finds keys under the names that vendors' tools use.
package enum EnvironmentKeys {
    /// One entry per variable: a variable that several providers name goes to the first that can be used.
    package static func find(in environment: [String: String], catalogue: Catalogue) -> [FoundKey] {
        var found: [FoundKey] = []
        var taken: Set<String> = []
        for provider in catalogue.all where provider.isSupported {
            for variable in provider.keyEnvironment {
                guard let value = environment[variable], isPlausible(value), !taken.contains(variable) else { continue }
                guard !found.contains(where: { $0.provider == provider.id }) else { continue }
                taken.insert(variable)
                found.append(FoundKey(provider: provider.id, providerName: provider.name, variable: variable))
            }
        }
        return found
    }

    /// Long enough for a key and without blanks; placeholders of example files are no keys.
    private static func isPlausible(_ value: String) -> Bool {
        let bytes = value.utf8
        guard (8...10_000).contains(bytes.count), bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return false }
        let lowered = value.lowercased()
        return !["your-", "your_", "changeme", "xxxx", "<", "..."].contains { lowered.contains($0) }
    }
}
