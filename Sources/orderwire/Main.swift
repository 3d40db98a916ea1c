// orderwire: the command line, the configuration, and the wiring of every module into a running server.
// The only module that imports Foundation (its essentials, for JSON), and the only one that ends the process.

import ArgumentParser
import Glibc

@main
enum Main {
  static func main() {
    // Writing to a connection that the other side closed is an error of that connection, not a signal to us.
    signal(SIGPIPE, SIG_IGN)
    OrderwireCommand.main()
  }
}

struct OrderwireCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "orderwire",
    abstract: "Order numbers over gRPC, never one to two holders.",
    subcommands: [
      ServeCommand.self, PoolsCommand.self, AllocateCommand.self, QueuesCommand.self,
      GoodsCommand.self, WatchCommand.self, BenchCommand.self,
    ])
}
