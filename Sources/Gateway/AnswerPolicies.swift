import Dialects
import Routing

/// What the key, else the combo, else the server wants done about answers that go wrong.
struct AnswerPolicies: Sendable {
    var continuation: StreamContinuation
    var toolCalls: ToolCallPolicy

    init(_ key: PresentedKey?, _ combo: ComboSettings?, _ settings: GatewaySettings) {
        continuation = key?.continuation ?? combo?.streamContinuation ?? settings.streamContinuation
        toolCalls = key?.toolCalls ?? combo?.toolCallGuard ?? settings.toolCallGuard
    }
}
