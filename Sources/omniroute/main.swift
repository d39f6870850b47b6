import CLinux
import Commands
import EventLoop
import Glibc

// A peer that closes is noticed where it is written to, not by a signal.
signal(SIGPIPE, SIG_IGN)

let words = Array(CommandLine.arguments.dropFirst())
// glibc keeps only seven freed pieces of a size at hand for each thread, which requests that end together exceed by far:
// with more of them a request takes 5 % fewer instructions. It reads this setting when a program is loaded, and only then.
if words.first == "serve" {
    omni_restart_with("GLIBC_TUNABLES", "glibc.malloc.tcache_count=127", CommandLine.unsafeArgv)
}
// Before anything starts a thread. Other commands leave signals alone, so that they can be interrupted.
let signals = words.first == "serve" ? try SignalSource(ServerProgram.stopSignals) : nil

// Not an asynchronous main: the runtime would park this thread with every signal unblocked.
Task.detached {
    let terminal = Terminal.system(environment: processEnvironment())
    let commands = Program.commands(ServerProgram.hooks(signals), version: Product.version)
    exit(await commands.run(words, terminal: terminal).rawValue)
}
while true { pause() }
