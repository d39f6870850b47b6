import Commands
import Glibc

let terminal = Terminal.system(environment: processEnvironment())
let commands = Program.commands(ServerProgram.hooks, version: Product.version)
exit(await commands.run(Array(CommandLine.arguments.dropFirst()), terminal: terminal).rawValue)
