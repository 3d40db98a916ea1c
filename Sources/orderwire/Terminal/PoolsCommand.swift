import API
import ArgumentParser
import EventLoop
import Glibc
import RPC

/// `orderwire pools`: pools and their stock.
struct PoolsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pools",
    abstract: "List, show and make pools.",
    discussion: """
      On a terminal tables have a head and, with --watch, change in place; elsewhere they are plain lines with \
      tabs between the columns. When the server is gone, --watch connects anew, for as long as it takes.

      Exit status:
      \(EndStatus.callerTable)
      """,
    subcommands: [ListPools.self, ShowPool.self, MakePool.self], defaultSubcommand: ListPools.self)
}

/// How what is shown is written, and how often.
struct ShowOptions: ParsableArguments {
  @Flag(help: "Write JSON, one object a line.")
  var json = false

  @Flag(help: "Show it again and again.")
  var watch = false

  @Option(help: .init("With --watch, the seconds between.", valueName: "seconds"))
  var interval = 1.0

  func validate() throws {
    guard interval >= 0.1, interval <= 3_600 else {
      throw ValidationError("--interval must be from 0.1 to 3600")
    }
  }

  /// Shows what `look` gives, once or until nobody reads it any more.
  func show(
    _ server: ServerOptions,
    _ look: @escaping @Sendable (ClientChannel, Screen) async throws(RPCError) -> [String]
  ) throws(CommandFailure) {
    guard watch else {
      return try server.withChannel { (channel) throws(RPCError) in
        var screen = Screen()
        screen.showAgain(try await look(channel, screen))
      }
    }
    try server.withTarget { [interval] (target) throws(CommandFailure) in
      try target.run { (loop) throws(CommandFailure) in
        var screen = Screen()
        try await target.lasting(on: loop) { (channel, pauses) async throws(RPCError) -> Bool in
          while screen.isRead {
            screen.showAgain(try await look(channel, screen))
            pauses.succeeded()
            try? await loop.sleep(for: .seconds(interval))
          }
          return false
        }
      }
    }
  }
}

struct ListPools: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "All pools with their stock. With --json, a Pool a line.")

  @OptionGroup
  var show: ShowOptions

  @OptionGroup
  var server: ServerOptions

  func run() throws {
    do throws(CommandFailure) {
      try show.show(server) { [json = show.json] (channel, screen) throws(RPCError) in
        let pools = try await Self.all(channel)
        if json { return pools.map(jsonLine) }
        return API.Pool.table(pools).lines(isTerminal: screen.isTerminal)
      }
    } catch {
      throw error.report()
    }
  }

  private static func all(_ channel: ClientChannel) async throws(RPCError) -> [API.Pool] {
    var pools: [API.Pool] = []
    var token = ""
    repeat {
      let page = try await AllocationServiceClient(channel)
        .listPools(ListPoolsRequest(pageToken: token), options: .patient)
      pools += page.pools
      token = page.nextPageToken
    } while !token.isEmpty
    return pools
  }
}

struct ShowPool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "A pool's settings, stock and counters. With --json, an object with pool and counter."
  )

  @Argument(help: "Whose pool it is.")
  var business: String

  @OptionGroup
  var show: ShowOptions

  @OptionGroup
  var server: ServerOptions

  func run() throws {
    do throws(CommandFailure) {
      try show.show(server) {
        [business, json = show.json] (channel, screen) throws(RPCError) in
        let pool = try await AllocationServiceClient(channel)
          .getPool(GetPoolRequest(business: business), options: .patient).pool
        let counter = try await LockingServiceClient(channel)
          .getCounter(GetCounterRequest(business: business), options: .patient).counter
        let (shown, counted) = (pool ?? API.Pool(), counter ?? API.Counter())
        if json { return ["{\"pool\":\(jsonLine(shown)),\"counter\":\(jsonLine(counted))}"] }
        return shown.details(counted).lines(isTerminal: screen.isTerminal)
      }
    } catch {
      throw error.report()
    }
  }
}
