import Foundation
import Gate
import HTTPCore
import LogCore
import Store
import Testing

@testable import Commands

struct ExposureRulesTests {
    private let local = GatePolicy(listeners: [IPAddress("127.0.0.1"), IPAddress("::1")].compactMap(\.self))
    private let exposed = GatePolicy(listeners: [IPAddress("0.0.0.0")].compactMap(\.self))

    /// The secrets of a first start in this environment.
    private func secrets(_ environment: [String: String] = [:]) throws -> Secrets {
        let path = FileManager.default.temporaryDirectory.path + "/omniroute-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try Secrets.resolve(in: DataDirectory.open(path), environment: Environment(environment))
    }

    private func check(_ policy: GatePolicy, _ secrets: Secrets, key: String? = nil) throws(CommandError) {
        try ExposureRules.check(policy, secrets: secrets, environmentKey: key, log: .silent)
    }

    @Test func `weak secrets are borne on this machine and refused beyond it`() throws {
        let weak = try secrets(["JWT_SECRET": "omniroute-default-secret-change-me"])
        try check(local, weak)
        let error = #expect(throws: CommandError.self) { try check(exposed, weak) }
        #expect(error?.code == .configuration && error?.message.contains("JWT_SECRET") == true)
        try check(exposed, try secrets())
    }

    @Test func `a short environment key is refused beyond this machine`() throws {
        try check(local, try secrets(), key: "short")
        let good = try secrets()
        try check(exposed, good, key: "0123456789abcdef")
        let error = #expect(throws: CommandError.self) { try check(exposed, good, key: "0123456789abcde") }
        #expect(error?.code == .configuration)
    }
}
