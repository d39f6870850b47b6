/// The words of the policies that keys and combos may set for answers.
enum AnswerPolicyWords {
    static let streamContinuation = ["never", "text", "text+tools"]
    static let toolCallGuard = ["off", "observe", "repair"]
}
