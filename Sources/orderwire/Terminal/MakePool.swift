import API
import ArgumentParser
import RPC

/// `orderwire pools create`.
struct MakePool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Make the pool of a business. What isn't given is the server's default.",
    discussion: """
      With --json it writes the Pool.

      Example: orderwire pools create shop 'SO{timestamp:yyyyMMdd}-{serial:6}{check:11,10}' \
      --serial-period daily
      """)

  enum Period: String, ExpressibleByArgument, CaseIterable {
    case never, daily, monthly, yearly
  }

  enum Reuse: String, ExpressibleByArgument, CaseIterable {
    case afterQuarantine = "after-quarantine"
    case atOnce = "at-once"
    case never
  }

  enum Lease: String, ExpressibleByArgument, CaseIterable {
    case leased, none
  }

  @Argument(help: "Whose pool it is.")
  var business: String

  @Argument(help: "How its numbers look.")
  var template: String

  @Option(help: .init("Of timestamps and periods, e.g. Asia/Shanghai.", valueName: "name"))
  var timeZone: String?

  @Option(help: .init("When the serial starts again.", valueName: "period"))
  var serialPeriod: Period?

  @Option(help: .init("Generate when there are fewer.", valueName: "numbers"))
  var lowWatermark: Int64?

  @Option(help: .init("Generate up to so many.", valueName: "numbers"))
  var highWatermark: Int64?

  @Option(help: .init("When numbers that come back go out again.", valueName: "when"))
  var reuse: Reuse?

  @Option(help: .init("How long they wait before that.", valueName: "time"))
  var quarantine: DurationArgument?

  @Option(help: .init("Whether numbers are held under leases.", valueName: "mode"))
  var leaseMode: Lease?

  @Option(help: .init("A lease runs so long unless it is said.", valueName: "time"))
  var defaultLease: DurationArgument?

  @Option(help: .init("Makes the call repeatable. (default: a new one)", valueName: "id"))
  var requestId: String?

  @Flag(help: "Write JSON.")
  var json = false

  @OptionGroup
  var server: ServerOptions

  /// What is asked for.
  func request() -> CreatePoolRequest {
    var pool = API.Pool(business: business, template: template)
    if let timeZone { pool.timeZone = timeZone }
    switch serialPeriod {
    case nil: break
    case .never: pool.serialPeriod = .never
    case .daily: pool.serialPeriod = .daily
    case .monthly: pool.serialPeriod = .monthly
    case .yearly: pool.serialPeriod = .yearly
    }
    pool.lowWatermark = lowWatermark
    pool.highWatermark = highWatermark
    switch reuse {
    case nil: break
    case .afterQuarantine: pool.reusePolicy = .afterQuarantine
    case .atOnce: pool.reusePolicy = .atOnce
    case .never: pool.reusePolicy = .never
    }
    pool.quarantine = quarantine?.message
    switch leaseMode {
    case nil: break
    case .leased: pool.leaseMode = .leased
    case .some(.none): pool.leaseMode = .none
    }
    pool.defaultLeaseTTL = defaultLease?.message
    var ids = RequestIDSource(seed: .random(in: 0 ... .max))
    return CreatePoolRequest(pool: pool, requestID: requestId ?? ids.next())
  }

  func run() throws {
    let request = request()
    do throws(CommandFailure) {
      let answer = try server.withChannel { (channel) throws(RPCError) in
        try await AllocationServiceClient(channel).createPool(request, options: .patient)
      }
      let pool = answer.pool ?? API.Pool()
      var screen = Screen()
      screen.show(
        json ? [jsonLine(pool)] : API.Pool.table([pool]).lines(isTerminal: screen.isTerminal))
    } catch {
      throw error.report()
    }
  }
}
