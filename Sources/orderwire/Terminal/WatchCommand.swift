import API
import ArgumentParser
import EventLoop
import Glibc
import Messages
import RPC

/// `orderwire watch`: follows the events of a business's numbers.
struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Follow what happens to a business's numbers.",
    discussion: """
      Writes for each event: its time, its kind, the number or lease, its holder, when the lease runs out; and \
      after the events that came together a line "cursor", from which --cursor goes on, with nothing missed or \
      repeated. With --json it writes each WatchLocksResponse, which has its cursor.

      It runs until it is stopped, or nobody reads it. When the server is gone it connects anew, for as long as \
      it takes, and goes on after the last cursor.

      Exit status:
      \(EndStatus.callerTable)
      """)

  @Argument(help: "Whose numbers they are.")
  var business: String

  @Option(help: "Go on after this cursor. (default: from now on)")
  var cursor: String?

  @Flag(help: "Begin with the oldest event that is kept.")
  var fromOldest = false

  @Option(help: "Only what this holder holds.")
  var holder: String?

  @Option(
    help: .init("Show only the latest of each number, so many times a second.", valueName: "times"))
  var maxUpdates: Int32?

  @Flag(help: "Write JSON, one object a line.")
  var json = false

  @OptionGroup
  var server: ServerOptions

  func validate() throws {
    if fromOldest, cursor != nil {
      throw ValidationError("--cursor and --from-oldest exclude each other")
    }
  }

  /// What is asked for after `cursor`, or where the flags say.
  func request(after cursor: String?) -> WatchLocksRequest {
    let cursor = cursor ?? self.cursor
    return WatchLocksRequest(
      business: business, cursor: cursor ?? "", fromOldest: fromOldest && cursor == nil,
      holder: holder ?? "", maxUpdatesPerSecond: maxUpdates ?? 0)
  }

  func run() throws {
    do throws(CommandFailure) {
      try server.withTarget { [self] (target) throws(CommandFailure) in
        try target.run { (loop) throws(CommandFailure) in try await follow(target, on: loop) }
      }
    } catch {
      throw error.report()
    }
  }

  private func follow(_ target: LoadTarget, on loop: Loop) async throws(CommandFailure) {
    var screen = Screen()
    var cursor: String?
    try await target.lasting(on: loop) { (channel, pauses) async throws(RPCError) -> Bool in
      let stream = try await LockingServiceClient(channel).watchLocks(request(after: cursor))
      defer { stream.cancel() }
      while screen.isRead, let response = try await stream.next() {
        pauses.succeeded()
        cursor = response.cursor
        show(response, on: &screen)
      }
      return screen.isRead
    }
  }

  private func show(_ response: WatchLocksResponse, on screen: inout Screen) {
    if json { return screen.show([jsonLine(response)]) }
    let table = TextTable(head: [], rows: response.events.map(\.row))
    let cursor = "cursor\t\(printable(response.cursor))"
    let lines = table.lines(isTerminal: screen.isTerminal)
    screen.show(screen.isTerminal ? lines : lines + [cursor], last: [cursor])
  }
}

extension LockEvent {
  /// Time, kind, number or lease, holder, expiry.
  var row: [String] {
    let holder = lock?.holder ?? lease?.holder ?? ""
    let expires = (lock?.expireTime ?? lease?.expireTime)?.text ?? ""
    let what = lock?.number ?? lease.map { "lease \($0.leaseID)" } ?? ""
    return [eventTime?.text ?? "", kind.text, what, holder, expires]
  }
}

extension LockEventKind {
  fileprivate var text: String {
    switch self {
    case .allocated: "allocated"
    case .reused: "reused"
    case .renewed: "renewed"
    case .released: "released"
    case .expired: "expired"
    case .completed: "completed"
    case .imported: "imported"
    default: "event \(rawValue)"
    }
  }
}
