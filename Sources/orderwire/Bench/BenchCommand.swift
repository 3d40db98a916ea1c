import ArgumentParser
import Glibc

/// `orderwire bench`: makes load on a server that runs, measures it, and checks the server's counters.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure a server that runs, with the real calls.",
    discussion: """
      Every call has a request_id of its own. Latencies are those of a call, or with --complete of an Allocate \
      and the Complete after it. Afterwards the counters of the pool must be what the server acknowledged, else \
      the status is \(EndStatus.badData.rawValue).

      In closed loop a stream calls when it has the answer to its last call: that finds what the server can do, \
      but while it stalls nobody asks, and so its percentiles look better than what users see. In open loop \
      (--rate) calls are due at fixed times and each latency is counted from then, even if all streams were \
      waiting and the call was begun late: a stall is seen by all who would have called meanwhile \
      (no "coordinated omission").

      The bench tells how busy its own loops were, and in open loop how late it began calls for which a \
      stream was free: by so much a latency may be the bench's own. Near 100 % it is the bench that is \
      measured; give it more --loops, or another machine than the server's.

      With --idle nothing is called: the connections are held open, each with --streams streams that wait \
      (0 by default), and what is told is the memory that --server-pid takes for them.
      """)

  @OptionGroup
  var server: ServerOptions

  @Option(help: "Connections.")
  var connections = 8

  @Option(help: "Calls at a time on each connection. (default: 32, with --idle 0)")
  var streams: Int?

  @Option(help: "How long to measure, or to hold idle connections, in seconds.")
  var seconds = 10

  @Option(help: "How long to call before that, in seconds.")
  var warmup = 2

  @Option(
    help: "Make so many calls (or pairs of calls), however long they take, and measure them all.")
  var calls: Int?

  @Option(
    help: "Calls a second, in open loop; without it each stream calls as fast as it is answered.")
  var rate: Double?

  @Option(
    help: .init(
      """
      What to call: allocate, allocate-stream (one stream a connection, --streams requests in flight on it) or \
      submit, which are durable, or parse, which touches no storage.
      """,
      valueName: "method"))
  var method = LoadMethod.allocate

  @Option(help: "Numbers in one Allocate, or orders in one Submit.")
  var count = 1

  @Option(help: "Streams that watch the pool's events meanwhile, on connections of their own.")
  var watches = 0

  @Option(
    help: """
      With --method submit, consumers of each of the three units, on connections of their own; that each unit got \
      each order is checked.
      """)
  var consumers = 0

  @Option(help: "Deliveries that each consumer may have in hand.")
  var credits = 1_000

  @Option(
    help: .init(
      """
      With --consumers and --verify, how long the last consumer of the first unit takes over each order before it \
      acknowledges that, in milliseconds.
      """, valueName: "milliseconds"))
  var slowConsumer: Int?

  @Option(
    help: .init(
      """
      With --consumers and --verify, how long the last consumer of the last unit stays before it drops its \
      connection, without a word and with what it gets then in hand, and comes back, in seconds.
      """, valueName: "seconds"))
  var crashingConsumer: Double?

  @Option(
    help: """
      With --method submit, further units that get every order and of which nobody consumes, as if they were down.
      """)
  var idleUnits = 0

  @Flag(
    help: """
      Let the watches be readers that begin with the oldest event, follow in different manners (filtered, \
      slow, leaving at random), go on from their cursors whatever happens, and check at the end that each got \
      each event of its filter once and in order. Let the consumers come back whatever ends their streams, and \
      check that each unit got each order, those of a key in order, and none again once its acknowledgement was \
      confirmed; the intake must have no other orders.
      """)
  var verify = false

  @Option(
    help: .init("What readers that leave at random begin with. (default: another each time)"))
  var seed: UInt64?

  @Flag(help: "Complete what was allocated.")
  var complete = false

  @Flag(help: "Connect anew when the server stops, and repeat what failed with UNAVAILABLE.")
  var reconnect = false

  @Flag(help: "Hold connections open and call nothing.")
  var idle = false

  @Option(help: "The pool, or the intake; it is made if there is none.")
  var business = "bench"

  @Option(
    help: .init(
      "Tell the CPU of this process for each call, or its memory for idle connections.",
      valueName: "pid"))
  var serverPid: Int?

  @Option(help: "Threads that make the load.")
  var loops = 1

  private static let longest = 86_400
  /// Each has a connection of its own.
  private static let mostReaders = 1_000
  /// Over as many orders as it may have in hand it takes less than the hour that it may have each.
  private static let slowest = 3_000
  private var streamsEach: Int { streams ?? (idle ? 0 : 32) }

  func validate() throws {
    let limits: [(String, Int, ClosedRange<Int>)] = [
      ("--connections", connections, 1...20_000), ("--streams", streamsEach, (idle ? 0 : 1)...1000),
      ("--seconds", seconds, 1...Self.longest), ("--warmup", warmup, 0...3600),
      ("--count", count, 1...1000), ("--watches", watches, 0...10_000),
      ("--consumers", consumers, 0...64), ("--credits", credits, 1...1000),
      ("--idle-units", idleUnits, 0...64),
      ("--loops", loops, Configuration.loopsRange), ("--calls", calls ?? 1, 1...1_000_000_000),
    ]
    for (name, value, range) in limits where !range.contains(value) {
      throw ValidationError("\(name) must be from \(range.lowerBound) to \(range.upperBound)")
    }
    if let rate, !(rate > 0 && rate <= 10_000_000) {
      throw ValidationError("--rate must be above 0 and at most 10000000")
    }
    if complete, method != .allocate {
      throw ValidationError("--complete needs --method allocate")
    }
    if rate != nil || reconnect, method == .allocateStream {
      throw ValidationError("--rate and --reconnect need another method than allocate-stream")
    }
    if watches > 0, method == .submit {
      throw ValidationError("--watches needs a pool, so not --method submit")
    }
    if idleUnits > 0, method != .submit {
      throw ValidationError("--idle-units needs --method submit")
    }
    try validateConsumers()
    if verify, idle || !verifiesOrders && !(1...Self.mostReaders).contains(watches) {
      throw ValidationError(
        "--verify needs --watches from 1 to \(Self.mostReaders), or --method submit with --consumers"
      )
    }
    if idle, serverPid == nil { throw ValidationError("--idle needs --server-pid") }
  }

  private var verifiesOrders: Bool { verify && method == .submit && consumers > 0 }

  private func validateConsumers() throws {
    if consumers > 0, method != .submit {
      throw ValidationError("--consumers needs --method submit")
    }
    if consumers > 0, reconnect, !verify {
      throw ValidationError("--consumers with --reconnect needs --verify")
    }
    if slowConsumer != nil || crashingConsumer != nil, !verifiesOrders {
      throw ValidationError(
        "--slow-consumer and --crashing-consumer need --consumers and --verify")
    }
    guard (1...Self.slowest).contains(slowConsumer ?? 1) else {
      throw ValidationError("--slow-consumer must be from 1 to \(Self.slowest)")
    }
    guard let crash = crashingConsumer, !(0.01...3600).contains(crash) else { return }
    throw ValidationError("--crashing-consumer must be from 0.01 to 3600")
  }

  func run() throws {
    do throws(CommandFailure) {
      // Each connection is a descriptor.
      ProcessLimits.prepare()
      try server.withTarget(loops: loops) { (target) throws(CommandFailure) in
        if idle, let serverPid { try hold(target, serverPid) } else { try load(target) }
      }
    } catch {
      throw error.report()
    }
  }

  private func load(_ target: LoadTarget) throws(CommandFailure) {
    let plan = LoadPlan(
      method: method, business: business, count: count, completes: complete,
      connections: connections, streams: streamsEach,
      warmup: .seconds(calls == nil ? warmup : 0),
      measured: .seconds(calls == nil ? seconds : Self.longest), calls: calls, rate: rate,
      reconnects: reconnect, idleUnits: idleUnits, verifiesOrders: verifiesOrders)
    let run = LoadRun(
      plan: plan, target: target, serverPID: serverPid, watches: watches,
      consumers: OrderCrowd.Plan(
        each: consumers, credits: Int32(credits),
        rest: slowConsumer.map { .milliseconds($0) }, stay: crashingConsumer.map { .seconds($0) }),
      readersSeed: verify && !verifiesOrders ? seed ?? .random(in: 0...UInt64(UInt32.max)) : nil)
    let result = try blocking { await run.run() }.get()
    let (lines, isConsistent) = result.report(plan)
    for line in lines + result.watched.report { writeLine(line, to: STDOUT_FILENO) }
    let read = result.read?.report(result.after)
    for line in read?.lines ?? [] { writeLine(line, to: STDOUT_FILENO) }
    let consumed = result.consumed.report(Int(result.orders.after - result.orders.before))
    for line in consumed.lines { writeLine(line, to: STDOUT_FILENO) }
    guard consumed.isRight else {
      throw CommandFailure(
        .badData, "a unit didn't get each order" + (verifiesOrders ? " once and in order" : ""))
    }
    guard !verifiesOrders || result.tally.failures.isEmpty else {
      throw CommandFailure(.unavailable, "not all orders were given in")
    }
    guard isConsistent else {
      throw CommandFailure(.badData, "the server's counters aren't what it acknowledged")
    }
    guard read?.isRight ?? true else {
      throw CommandFailure(.badData, "readers didn't get each event once and in order")
    }
  }

  private func hold(_ target: LoadTarget, _ serverPID: Int) throws(CommandFailure) {
    let run = IdleRun(
      target: target, connections: connections, streams: streamsEach, hold: .seconds(seconds),
      serverPID: serverPID)
    let result = try blocking { await run.run() }.get()
    for line in result.report(run) { writeLine(line, to: STDOUT_FILENO) }
  }
}
