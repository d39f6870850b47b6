/// Values that cannot keep anything secret because they are short or printed in documentation.
package enum WeakSecrets {
    /// True for values that must not sign or digest anything.
    package static func isWeak(_ value: String) -> Bool {
        value.utf8.count < 32 || isPublished(value) || Set(value.utf8).count < 8
    }

    /// True for values that appear in published documents and examples.
    package static func isPublished(_ value: String) -> Bool {
        let plain = value.lowercased().filter { $0.isLetter || $0.isNumber }
        let published = [
            "omniroutedefaultsecretchangeme", "endpointproxyapikeysecret", "endpointproxysalt", "123456", "changeme",
            "secret", "password", "yoursecret", "yourjwtsecret", "yourapikeysecret", "yourstorageencryptionkey",
        ]
        return published.contains(plain) || plain.contains("changeme") || plain.contains("replaceme")
    }

    /// True for passwords that the documentation prints.
    package static func isPublishedPassword(_ value: String) -> Bool {
        ["123456", "changeme"].contains(value.lowercased())
    }
}
