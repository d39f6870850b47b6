import JSONCore
import Testing

@testable import Routing

struct ComboSettingsTests {
    private func settings(_ layers: String...) throws -> ComboSettings {
        ComboSettings(try layers.map { try JSONDocument.parse(Array($0.utf8)).root })
    }

    @Test func `documented defaults`() throws {
        let settings = try settings("{}")
        #expect(settings == ComboSettings())
        #expect(settings.maxRetries == 1 && settings.retryDelay == .seconds(2) && settings.fallbackDelay == .zero)
        #expect(settings.maxSetRetries == 0 && settings.setRetryDelay == .seconds(2) && settings.maxDepth == 3)
    }

    @Test func `special settings win over general ones, within their bounds`() throws {
        let merged = try settings(#"{"maxRetries":3,"retryDelayMs":10}"#, #"{"maxRetries":99,"maxComboDepth":0}"#)
        #expect(merged.maxRetries == 10 && merged.retryDelay == .milliseconds(10) && merged.maxDepth == 1)
    }

    @Test func `malformed values change nothing`() throws {
        let odd = try settings(
            #"{"maxRetries":"x","retryDelayMs":null,"fallbackDelayMs":[],"maxSetRetries":1.5}"#,
            "[]"
        )
        #expect(odd == ComboSettings())
    }
}
