import CryptoCore
import Gate
import JSONCore
import Providers
import Store
import TimeCore

/// The body of `POST /api/providers`, checked.
struct NewConnection {
    let provider: String
    let name: String
    let apiKey: String?
    let priority: Int?
    let globalPriority: Int?
    let defaultModel: String?
    let testStatus: String?
    let data: JSONDocument

    init(_ body: Body) throws(Refusal) {
        provider = body.text("provider", 1...100)
        apiKey = body.optionalText("apiKey", 0...10_000).flatMap { $0.isEmpty ? nil : $0 }
        name = body.text("name", 1...200)
        priority = body.optionalInt("priority", 1...100)
        globalPriority = body.optionalInt("globalPriority", 1...100)
        defaultModel = body.optionalText("defaultModel", 0...200).flatMap { $0.isEmpty ? nil : $0 }
        testStatus = body.optionalText("testStatus", 0...50)
        if let apiKey, SecretMask.isMask(apiKey, of: nil) {
            body.reject("apiKey", "Expected the key itself, not its mask")
        }
        let specific = body.optionalObject("providerSpecificData")
        if let specific { ProviderData.check(specific, provider: provider) }
        try body.check()
        data = specific.map { ProviderData.merged(.emptyObject, with: $0.value) } ?? .emptyObject
    }

    func connection(provider: String, data: JSONDocument, now: WallTime) -> Connection {
        Connection(
            provider: provider,
            name: name,
            priority: priority ?? 0,
            globalPriority: globalPriority,
            defaultModel: defaultModel,
            apiKey: apiKey.map { Secret($0) },
            testStatus: testStatus,
            providerSpecificData: data,
            createdAt: now,
            updatedAt: now
        )
    }
}

/// The body of `PUT /api/providers/{id}`, checked.
struct ConnectionUpdate: Sendable {
    private let value: JSONValue
    /// The names of the fields it mentions, for the audit.
    let fields: [String]

    init(_ body: Body, provider: String, authType: String) throws(Refusal) {
        value = body.value
        fields = body.value.members.map(\.key.string).filter { ConnectionUpdate.known.contains($0) }
        if let data = body.optionalObject("providerSpecificData") { ProviderData.check(data, provider: provider) }
        if body.has("apiKey"), authType != "apikey" {
            body.reject("apiKey", "Only connections with an API key have one")
        }
        var probe = Connection(
            provider: provider,
            createdAt: WallTime(milliseconds: 0),
            updatedAt: WallTime(milliseconds: 0)
        )
        ConnectionUpdate.apply(body, to: &probe)
        try body.check()
        if fields.isEmpty { throw Issues.refusal("body", "Nothing to change") }
    }

    /// Writes the update into a connection.
    func apply(to connection: inout Connection) {
        ConnectionUpdate.apply(Body(value), to: &connection)
    }

    private static let known: Set<String> = [
        "name", "priority", "globalPriority", "defaultModel", "isActive", "apiKey", "testStatus", "lastError",
        "lastErrorAt", "lastErrorType", "lastErrorSource", "errorCode", "rateLimitedUntil", "lastTested",
        "healthCheckInterval", "group", "maxConcurrent", "quotaWindowThresholds", "projectId", "providerSpecificData",
        "rateLimitProtection", "displayName", "email",
    ]

    private static func apply(_ body: Body, to connection: inout Connection) {
        if case .set(let name) = body.patchText("name", 1...200) { connection.name = name }
        body.patchText("displayName", 0...200).apply(to: &connection.displayName)
        body.patchText("email", 0...320).apply(to: &connection.email)
        if let priority = body.optionalInt("priority", 1...1000) { connection.priority = priority }
        body.patchInt("globalPriority", 1...1000).apply(to: &connection.globalPriority)
        body.patchText("defaultModel", 0...200).apply(to: &connection.defaultModel)
        if connection.defaultModel == "" { connection.defaultModel = nil }
        if let isActive = body.optionalBool("isActive") { connection.isActive = isActive }
        if let flag = body.optionalBool("rateLimitProtection") { connection.rateLimitProtection = flag }
        applyKey(body, to: &connection)
        body.patchText("testStatus", 0...50).apply(to: &connection.testStatus)
        body.patchText("lastError", 0...5000).apply(to: &connection.lastError)
        body.patchTime("lastErrorAt").apply(to: &connection.lastErrorAt)
        body.patchText("lastErrorType", 0...200).apply(to: &connection.lastErrorType)
        body.patchText("lastErrorSource", 0...200).apply(to: &connection.lastErrorSource)
        applyErrorCode(body, to: &connection)
        body.patchTime("rateLimitedUntil").apply(to: &connection.rateLimitedUntil)
        body.patchTime("lastTested").apply(to: &connection.lastTested)
        body.patchInt("healthCheckInterval", 0...525_600).apply(to: &connection.healthCheckInterval)
        body.patchText("group", 0...100).apply(to: &connection.group)
        if connection.group == "" { connection.group = nil }
        body.patchInt("maxConcurrent", 0...100_000).apply(to: &connection.maxConcurrent)
        body.patchText("projectId", 0...500).apply(to: &connection.projectID)
        applyThresholds(body, to: &connection)
        if let data = body.optionalObject("providerSpecificData") {
            connection.providerSpecificData = ProviderData.merged(connection.providerSpecificData, with: data.value)
        }
    }

    /// A key that comes back as it was shown is no new key.
    private static func applyKey(_ body: Body, to connection: inout Connection) {
        guard let key = body.optionalText("apiKey", 0...10_000), !key.isEmpty else { return }
        if SecretMask.isMask(key, of: connection.apiKey?.exposedText()) { return }
        connection.apiKey = Secret(key)
        connection.hasUnreadableCredential = false
        // What the old key met says nothing about the new one.
        (connection.testStatus, connection.rateLimitedUntil, connection.backoffLevel) = ("unknown", nil, 0)
        (connection.lastError, connection.lastErrorAt, connection.lastErrorType) = (nil, nil, nil)
        (connection.lastErrorSource, connection.errorCode) = (nil, nil)
    }

    /// Codes are numbers in some clients and texts in others.
    private static func applyErrorCode(_ body: Body, to connection: inout Connection) {
        if let number = body.value.present("errorCode")?.int {
            connection.errorCode = String(number)
        } else {
            body.patchText("errorCode", 0...200).apply(to: &connection.errorCode)
        }
    }

    /// A window without a value is removed, no windows at all is a reset.
    private static func applyThresholds(_ body: Body, to connection: inout Connection) {
        guard let value = body.value["quotaWindowThresholds"] else { return }
        guard !value.isNull else {
            connection.quotaWindowThresholds = nil
            return
        }
        guard let update = body.optionalObject("quotaWindowThresholds") else { return }
        for member in update.value.members {
            let name = member.key.string
            if !(1...64).contains(name.utf8.count) { update.reject(name, "Window names have 1 to 64 characters") }
            if member.value.isNull { continue }
            guard let percent = member.value.double, (0...100).contains(percent) else {
                update.reject(name, "Expected a number from 0 to 100")
                continue
            }
        }
        guard body.issues.list.isEmpty else { return }
        let merged = ProviderData.merged(connection.quotaWindowThresholds ?? .emptyObject, with: update.value)
        connection.quotaWindowThresholds = merged.root.count == 0 ? nil : merged
    }
}
