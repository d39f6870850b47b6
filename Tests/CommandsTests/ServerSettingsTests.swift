import Dialects
import Gateway
import Testing

@testable import Commands

/// What the environment says about answers.
struct ServerSettingsTests {
    private func settings(_ environment: [String: String]) throws -> GatewaySettings {
        try ServerSettings(environment: environment, options: ServeOptions()).gateway
    }

    @Test func `without a word reasoning is kept for a day, streams end where they break, and calls are watched`()
        throws
    {
        for environment in [[:], ["OMNIROUTE_REASONING_MEMORY": "", "STREAM_CONTINUATION": "", "TOOL_CALL_GUARD": ""]] {
            let gateway = try settings(environment)
            #expect(gateway.reasoningMemory == .persistent && gateway.reasoningLifetime == .seconds(86_400))
            #expect(gateway.streamContinuation == .never && gateway.toolCallGuard == .observe)
        }
    }

    @Test(arguments: [("off", ReasoningMemoryMode.off), ("memory", .memory), ("persistent", .persistent)])
    func `the memory of reasoning has three modes`(word: String, mode: ReasoningMemoryMode) throws {
        #expect(try settings(["OMNIROUTE_REASONING_MEMORY": word]).reasoningMemory == mode)
    }

    @Test func `the other switches are read too`() throws {
        #expect(try settings(["OMNIROUTE_REASONING_MEMORY_HOURS": "2"]).reasoningLifetime == .seconds(7_200))
        #expect(try settings(["STREAM_CONTINUATION": "text+tools"]).streamContinuation == .textAndTools)
        #expect(try settings(["TOOL_CALL_GUARD": "repair"]).toolCallGuard == .repair)
    }

    @Test(arguments: [
        ("OMNIROUTE_REASONING_MEMORY", "on"), ("OMNIROUTE_REASONING_MEMORY", "OFF "),
        ("OMNIROUTE_REASONING_MEMORY_HOURS", "0"), ("OMNIROUTE_REASONING_MEMORY_HOURS", "169"),
        ("OMNIROUTE_REASONING_MEMORY_HOURS", "99999999999999999999"), ("STREAM_CONTINUATION", "always"),
        ("TOOL_CALL_GUARD", "true"),
    ])
    func `a word that means nothing is an error that names the setting`(name: String, value: String) {
        #expect {
            try settings([name: value])
        } throws: { error in
            "\(error)".contains(name)
        }
    }
}
