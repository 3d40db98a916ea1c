import API
import ArgumentParser
import Glibc
import Messages
import RPC

/// `orderwire allocate`: takes numbers from a pool.
struct AllocateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "allocate",
    abstract: "Take numbers from a pool.",
    discussion: """
      Writes for each number: the number, its token (incarnation.generation), its lease, when that runs out. \
      With --json it writes the AllocateResponse. Where it isn't known whether it happened, the same again with \
      the same --request-id gives the same numbers.

      Exit status:
      \(EndStatus.callerTable)
      """)

  @Argument(help: "Whose numbers they are.")
  var business: String

  @Option(help: "How many, 1 to 1000.")
  var count: Int32 = 1

  @Option(help: "Who holds them. (default: USER@HOST)")
  var holder: String?

  @Option(
    help: .init("Their lease runs so long, e.g. 90s, 15m, 12h, 7d.", valueName: "time"))
  var lease: DurationArgument?

  @Option(help: .init("Attach them to this lease.", valueName: "id"))
  var leaseId: Int64?

  @Option(help: .init("Makes the call repeatable. (default: a new one)", valueName: "id"))
  var requestId: String?

  @Flag(help: "Write JSON.")
  var json = false

  @OptionGroup
  var server: ServerOptions

  func validate() throws {
    if lease != nil, leaseId != nil {
      throw ValidationError("--lease and --lease-id exclude each other")
    }
  }

  /// What is asked for.
  func request() -> AllocateRequest {
    var ids = RequestIDSource(seed: .random(in: 0 ... .max))
    return AllocateRequest(
      business: business, count: count, holder: holder ?? Self.person,
      lease: leaseId.map { .leaseID($0) } ?? lease.map { .leaseTTL($0.message) },
      requestID: requestId ?? ids.next())
  }

  func run() throws {
    let request = request()
    do throws(CommandFailure) {
      let answer = try server.withChannel { (channel) throws(RPCError) in
        try await AllocationServiceClient(channel).allocate(request, options: .patient)
      }
      var screen = Screen()
      screen.show(
        json ? [jsonLine(answer)] : answer.table.lines(isTerminal: screen.isTerminal))
    } catch {
      guard error.status == .unavailable else { throw error.report() }
      let again = "repeat it with --request-id \(printable(request.requestID))"
      throw CommandFailure(error.status, "\(error.message); \(again)").report()
    }
  }

  private static var person: String {
    var name = [CChar](repeating: 0, count: 256)
    let isNamed = gethostname(&name, name.count - 1) == 0
    let host =
      isNamed
      ? String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      : "localhost"
    return "\(getenv("USER").map { String(cString: $0) } ?? "\(getuid())")@\(host)"
  }
}

extension AllocateResponse {
  var table: TextTable {
    TextTable(
      head: ["NUMBER", "TOKEN", "LEASE", "EXPIRES"],
      rows: numbers.map { number in
        let token = number.token.map { "\($0.incarnation).\($0.generation)" } ?? ""
        return [
          number.number, token, leaseID == 0 ? "none" : "\(leaseID)",
          number.expireTime?.text ?? "never",
        ]
      })
  }
}
