import JSONCore

extension RequestMetadata {
    private static let longestUser = 64

    /// Names the end user as OpenAI's dialects do; a name that is too long for them is sent as its digest.
    func writeUser(as field: TargetProfile.UserField, to writer: inout JSONWriter) {
        guard let user, !user.isEmpty else { return }
        let text = user.string
        let value = text.count <= Self.longestUser ? text : SafeNames.hexDigest(text)
        switch field {
        case .user: writer.member("user", value)
        case .safetyIdentifier: writer.member("safety_identifier", value)
        case .none, .metadataUserID: break
        }
    }
}
