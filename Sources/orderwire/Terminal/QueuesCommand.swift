import API
import ArgumentParser
import Messages
import RPC

/// `orderwire queues`: the lanes of a business and the queues of its units.
struct QueuesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queues",
    abstract: "Show how full, old and fast the queues of a business are, and whether all is there.",
    discussion: """
      On a terminal the table has a head and, with --watch, changes in place; elsewhere it is plain lines with \
      tabs between the columns. When the server is gone, --watch connects anew, for as long as it takes.

      Exit status:
      \(EndStatus.callerTable)
      """,
    subcommands: [ShowQueues.self, CheckQueues.self], defaultSubcommand: ShowQueues.self)
}

struct ShowQueues: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "A row a queue. With --json, a GetForwardingFiguresResponse a line.")

  @Argument(help: "Whose queues.")
  var business: String

  @OptionGroup
  var show: ShowOptions

  @OptionGroup
  var server: ServerOptions

  func run() throws {
    do throws(CommandFailure) {
      try show.show(server) {
        [business, json = show.json] (channel, screen) throws(RPCError) in
        let figures = try await ForwardingServiceClient(channel).getForwardingFigures(
          GetForwardingFiguresRequest(business: business), options: .patient)
        if json { return [jsonLine(figures)] }
        return figures.table.lines(isTerminal: screen.isTerminal)
      }
    } catch {
      throw error.report()
    }
  }
}

struct CheckQueues: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Look at every order, whether it reached every unit that it matched.",
    discussion: """
      Writes each difference, a line each (with --json an OrderDifference), and then how many orders were \
      looked at. With differences the status is \(EndStatus.badData.rawValue).
      """)

  @Argument(help: "Whose orders.")
  var business: String

  @Flag(help: "Write JSON, one object a line.")
  var json = false

  @OptionGroup
  var server: ServerOptions

  /// As many as a page may have.
  private static let pageSize: Int32 = 1_000

  func run() throws {
    do throws(CommandFailure) {
      let differences = try server.withChannel { [business, json] (channel) throws(RPCError) in
        var (sum, differences) = (CheckCompletenessResponse(), 0)
        var request = CheckCompletenessRequest(business: business, pageSize: Self.pageSize)
        var screen = Screen()
        repeat {
          let page = try await ForwardingServiceClient(channel)
            .checkCompleteness(request, options: .patient)
          sum.count(page)
          differences += page.differences.count
          screen.show(page.differences.map { json ? jsonLine($0) : $0.line })
          request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty && screen.isRead
        screen.show([json ? jsonLine(sum) : sum.line])
        return differences
      }
      guard differences == 0 else {
        throw CommandFailure(.badData, "\(differences) orders aren't where they must be")
      }
    } catch {
      throw error.report()
    }
  }
}
