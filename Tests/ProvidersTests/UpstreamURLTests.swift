import Dialects
import Testing

@testable import Providers

struct UpstreamURLTests {
    @Test(arguments: [
        "https://api.openai.com/v1/chat/completions", "http://localhost:11434/v1", "https://h.example?x=1",
        "https://h.example", "http://[::1]:8080/v1", "https://a_b.example/x%20y",
    ])
    func `sound addresses survive unchanged`(text: String) throws {
        #expect(try UpstreamURL(text).text == text)
    }

    @Test(arguments: [
        ("ftp://h.example/", UpstreamURL.Problem.scheme), ("file:///etc/passwd", .scheme), ("h.example", .scheme),
        ("https://a@b.example/", .userInformation), ("https://h.example/#x", .fragment),
        ("https://h.example\\@evil.example/", .character), ("https://h.example/a b", .character),
        ("https://ｈ.example/", .character), ("https://h.example/\r\nX: y", .character),
        ("https:///v1", .host), ("https://127.1/", .host), ("https://2130706433/", .host),
        ("https://0x7f000001/", .host), ("https://017700000001/", .host), ("https://a..b/", .host),
        ("https://-a.example/", .host), ("https://h%65.example/", .host), ("https://[fe80::1%25eth0]/", .host),
        ("https://h.example:22/", .port), ("https://h.example:0/", .port), ("https://h.example:70000/", .port),
        ("https://h.example:x/", .port), ("https://h.example:/", .port),
    ])
    func `ambiguous and dangerous addresses are refused`(text: String, problem: UpstreamURL.Problem) {
        #expect(throws: problem) { try UpstreamURL(text) }
    }

    @Test(arguments: [
        ("https://api.openai.com", HostReach.unknown), ("https://8.8.8.8", .unknown),
        ("http://localhost", .privateNetwork),
        ("http://LOCALHOST.", .privateNetwork), ("http://x.localhost", .privateNetwork),
        ("http://127.0.0.1:8080", .privateNetwork), ("http://10.1.2.3", .privateNetwork),
        ("http://[::ffff:192.168.0.1]", .privateNetwork), ("http://[fd00::1]", .privateNetwork),
        ("http://169.254.169.254", .forbidden), ("http://[fe80::1]", .forbidden), ("http://0.0.0.0", .forbidden),
        ("http://100.100.100.200", .forbidden), ("http://224.0.0.1", .forbidden),
    ])
    func `the reach of a host is seen in its text`(text: String, reach: HostReach) throws {
        #expect(try UpstreamURL(text).reach == reach)
    }

    @Test(arguments: [
        ("https://h.example", "https://h.example/v1/chat/completions"),
        ("https://h.example/", "https://h.example/v1/chat/completions"),
        ("https://h.example/v1", "https://h.example/v1/chat/completions"),
        ("https://h.example/v1//", "https://h.example/v1/chat/completions"),
        ("https://h.example/api/v3", "https://h.example/api/v3/chat/completions"),
        ("https://h.example/v1/chat/completions/", "https://h.example/v1/chat/completions"),
        ("https://h.example/v1/responses", "https://h.example/v1/responses"),
        ("https://h.example/custom/chat", "https://h.example/custom/chat"),
        ("https://h.example/vision", "https://h.example/vision/v1/chat/completions"),
        ("https://h.example/v1?key=a", "https://h.example/v1/chat/completions?key=a"),
    ])
    func `a base address becomes the chat address`(base: String, chat: String) throws {
        #expect(try ChatAddress.chat(base: base, dialect: .openAIChat).text == chat)
    }

    @Test(arguments: [
        ("https://h.example", "https://h.example/v1/messages"),
        ("https://h.example/v1/", "https://h.example/v1/messages"),
        ("https://h.example/anthropic/v1/messages", "https://h.example/anthropic/v1/messages"),
    ])
    func `a base address becomes the Messages address`(base: String, chat: String) throws {
        #expect(try ChatAddress.chat(base: base, dialect: .anthropicMessages).text == chat)
    }

    @Test(arguments: [
        ("https://h.example/v1", nil, Dialect.openAIChat, "https://h.example/v1/chat/completions"),
        ("https://h.example", "/x/chat", .openAIChat, "https://h.example/x/chat"),
        ("https://h.example/v1/", "", .anthropicMessages, "https://h.example/v1/messages"),
        ("https://h.example/v1/messages", nil, .anthropicMessages, "https://h.example/v1/messages"),
    ])
    func `a node's address is joined as it is`(base: String, path: String?, dialect: Dialect, chat: String) throws {
        #expect(try ChatAddress.chat(node: base, path: path, dialect: dialect).text == chat)
    }

    @Test func `lists and counts stand beside the chat address`() throws {
        let messages = try UpstreamURL("https://h.example/v1/messages?beta=true")
        #expect(
            ChatAddress.countTokens(besides: messages)?.text == "https://h.example/v1/messages/count_tokens?beta=true"
        )
        #expect(ChatAddress.models(besides: messages).text == "https://h.example/v1/models")
        let chat = try UpstreamURL("https://h.example/openai/v1/chat/completions")
        #expect(ChatAddress.models(besides: chat).text == "https://h.example/openai/v1/models")
        #expect(ChatAddress.beside(chat, dialect: .anthropicMessages).text == "https://h.example/openai/v1/messages")
    }

    @Test(arguments: [
        ("a*", "abc", true), ("*", "", true), ("A?C", "abc", true), ("a?c", "ac", false), ("a*c", "abd", false),
        ("*-thinking*", "kimi-k2-thinking-turbo", true), ("a", "ab", false), ("?", "é", true), ("a**b", "axxb", true),
        ("", "", true), ("", "a", false), ("claude-*", "CLAUDE-opus", true),
    ])
    func `patterns match whole texts`(pattern: String, text: String, matches: Bool) {
        #expect(Glob.matches(pattern, text) == matches)
    }

    @Test(.timeLimit(.minutes(1))) func `a hostile pattern stays fast`() {
        let pattern = String(repeating: "*a", count: 60) + "b"
        #expect(!Glob.matches(pattern, String(repeating: "a", count: 5_000)))
    }
}
