import Foundation
import Synchronization
import Testing

@testable import Commands

/// A terminal that remembers what was printed.
final class RecordingTerminal: Sendable {
    private let state = Mutex<(out: String, err: String, input: [String])>(("", "", []))

    init(input: [String] = []) {
        state.withLock { $0.input = input }
    }

    var out: String { state.withLock(\.out) }
    var err: String { state.withLock(\.err) }

    func terminal(isInteractive: Bool = false, environment: [String: String] = [:]) -> Terminal {
        Terminal(
            print: { text in self.state.withLock { $0.out += text } },
            complain: { text in self.state.withLock { $0.err += text } },
            readLine: { self.state.withLock { $0.input.isEmpty ? nil : $0.input.removeFirst() } },
            isInteractive: isInteractive,
            environment: environment
        )
    }
}

struct CommandTableTests {
    private let table = CommandTable(
        [
            CommandSpec(
                "thing make",
                "make a thing",
                operands: [.init("name", "its name"), .init("part", "its parts", .oneOrMore)],
                options: [
                    .init("size", short: "s", value: "number", "how big"),
                    .init("tag", value: "text", "a label", isRepeatable: true), .init("fast", short: "f", "hurry"),
                ]
            ) { arguments, terminal in
                let parts = arguments.operandList("part").joined(separator: "+")
                let tags = arguments.all("tag").joined(separator: "+")
                let size = try arguments.number("size", in: 1...9).map(String.init) ?? "-"
                terminal.print("\(arguments.operand("name") ?? "") \(parts) \(size) \(tags) \(arguments.has("fast"))")
                return .success
            },
            CommandSpec("thing list", "list things", operands: [.init("filter", "which", .optional)]) { _, _ in .success
            },
            CommandSpec("fail", "fail") { _, _ in throw CommandError(.permission, "no", hint: "ask") },
            CommandSpec("version", "show the version") { _, terminal in
                terminal.print("1")
                return .success
            },
        ],
        version: "1"
    )

    private func run(_ words: String...) async -> (ExitCode, String, String) {
        let recorder = RecordingTerminal()
        let code = await table.run(words, terminal: recorder.terminal())
        return (code, recorder.out, recorder.err)
    }

    @Test func `options stand anywhere and in every form`() async {
        #expect(await run("thing", "make", "a", "b", "c").1 == "a b+c -  false")
        #expect(await run("thing", "make", "--size", "3", "a", "b").1 == "a b 3  false")
        #expect(await run("thing", "make", "a", "--size=3", "b", "-f").1 == "a b 3  true")
        #expect(await run("thing", "make", "a", "b", "-s", "4", "--tag", "x", "--tag=y").1 == "a b 4 x+y false")
        #expect(await run("thing", "make", "-fs5", "a", "b").1 == "a b 5  true")
        #expect(await run("thing", "make", "--", "--size", "-x").1 == "--size -x -  false")
        #expect(await run("thing", "make", "a", "-").1 == "a - -  false")
    }

    @Test(arguments: [
        ["nope"], ["thing"], ["thing", "nope"], ["thing", "make"], ["thing", "make", "a"],
        ["thing", "make", "a", "b", "--size"], ["thing", "make", "a", "b", "--size", "x"],
        ["thing", "make", "a", "b", "--size", "10"], ["thing", "make", "a", "b", "--nope"],
        ["thing", "make", "a", "b", "-z"], ["thing", "make", "a", "b", "--fast=1"],
        ["thing", "make", "a", "b", "--size", "1", "--size", "2"], ["thing", "list", "a", "b"],
    ])
    func `wrong command lines end with code 2 and say why`(_ words: [String]) async {
        let recorder = RecordingTerminal()
        let code = await table.run(words, terminal: recorder.terminal())
        #expect(code == .usage)
        #expect(recorder.err.hasPrefix("omniroute: "))
        #expect(recorder.out.isEmpty)
    }

    @Test func `help is everywhere`() async {
        for words in [[], ["help"], ["--help"], ["-h"]] {
            let recorder = RecordingTerminal()
            #expect(await table.run(words, terminal: recorder.terminal()) == .success)
            #expect(recorder.out.contains("thing make") && recorder.out.contains("Exit codes:"))
        }
        let group = await run("thing", "--help")
        #expect(group.0 == .success && group.1.contains("thing list") && !group.1.contains("fail"))
        let command = await run("thing", "make", "--help")
        #expect(command.0 == .success)
        #expect(command.1.contains("Usage: omniroute thing make <name> <part>... [options]"))
        #expect(command.1.contains("-s, --size <number>"))
    }

    @Test func `a failure brings its message, its hint and its code`() async {
        let result = await run("fail")
        #expect(result.0 == .permission)
        #expect(result.2 == "omniroute: no\nask\n")
    }

    @Test func `the version has its own switch`() async {
        #expect(await run("--version").1 == "1")
        #expect(await run("-V").0 == .success)
    }

    @Test func `every command of the product explains itself`() async {
        let hooks = ProgramHooks(serve: { _, _ in .success }, startPrivately: { _, _ in {} })
        let program = Program.commands(hooks, version: "1")
        for command in program.commands {
            let recorder = RecordingTerminal()
            #expect(await program.run(command.words + ["--help"], terminal: recorder.terminal()) == .success)
            #expect(recorder.out.contains(command.summary))
        }
        let expected = [
            "serve", "doctor", "keys create", "keys list", "keys revoke", "providers add", "providers list",
            "providers test", "combos list", "combos create", "combos delete", "models", "reset-password", "version",
        ]
        #expect(Set(program.commands.map { $0.words.joined(separator: " ") }).isSuperset(of: expected))
    }
}
