import ArgumentParser
import EventLoop
import Glibc
import HTTP2

/// `orderwire bench`: makes load on a server that runs, measures it, and checks the server's counters.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure a server that runs, with the real calls.",
    discussion: """
      Every call has a request_id of its own. Latencies are those of a call, or with --complete of an Allocate \
      and the Complete after it. In open loop (--rate) they are counted from when the call was due, so that a \
      stall of the server is seen by all who would have called meanwhile. Afterwards the counters of the pool \
      must be what the server acknowledged, else the status is \(EndStatus.badData.rawValue).
      """)

  @Option(help: .init("The server.", valueName: "host:port"))
  var connect = "127.0.0.1:50051"

  @Option(help: .init("Use TLS, and trust these authorities, PEM.", valueName: "file"))
  var tlsCa: String?

  @Option(help: "Connections.")
  var connections = 8

  @Option(help: "Calls at a time on each connection.")
  var streams = 32

  @Option(help: "How long to measure, in seconds.")
  var seconds = 10

  @Option(help: "How long to call before that, in seconds.")
  var warmup = 2

  @Option(
    help: "Make so many calls (or pairs of calls), however long they take, and measure them all.")
  var calls: Int?

  @Option(
    help: "Calls a second, in open loop; without it each stream calls as fast as it is answered.")
  var rate: Double?

  @Option(help: "Numbers in one Allocate.")
  var count = 1

  @Flag(help: "Complete what was allocated.")
  var complete = false

  @Option(help: "The pool; it is made if there is none.")
  var business = "bench"

  @Option(help: .init("Tell the CPU of this process for each call.", valueName: "pid"))
  var serverPid: Int?

  @Option(help: "Threads that make the load.")
  var loops = 1

  private static let longest = 86_400

  func validate() throws {
    let limits: [(String, Int, ClosedRange<Int>)] = [
      ("--connections", connections, 1...20_000), ("--streams", streams, 1...1000),
      ("--seconds", seconds, 1...Self.longest), ("--warmup", warmup, 0...3600),
      ("--count", count, 1...1000),
      ("--loops", loops, Configuration.loopsRange), ("--calls", calls ?? 1, 1...1_000_000_000),
    ]
    for (name, value, range) in limits where !range.contains(value) {
      throw ValidationError("\(name) must be from \(range.lowerBound) to \(range.upperBound)")
    }
    if let rate, !(rate > 0 && rate <= 10_000_000) {
      throw ValidationError("--rate must be above 0 and at most 10000000")
    }
  }

  func run() throws {
    do throws(CommandFailure) {
      let plan = LoadPlan(
        business: business, count: count, completes: complete, connections: connections,
        streams: streams, warmup: .seconds(calls == nil ? warmup : 0),
        measured: .seconds(calls == nil ? seconds : Self.longest), calls: calls, rate: rate)
      let run = try prepared(plan)
      let result = try blocking { await run.run() }.get()
      let (lines, isConsistent) = result.report(plan)
      for line in lines { writeLine(line, to: STDOUT_FILENO) }
      guard isConsistent else {
        throw CommandFailure(.badData, "the server's counters aren't what it acknowledged")
      }
    } catch {
      throw error.report()
    }
  }

  private func prepared(_ plan: LoadPlan) throws(CommandFailure) -> LoadRun {
    guard let server = HostAndPort(connect) else {
      throw CommandFailure(.usage, "--connect: \"\(connect)\" is not HOST:PORT")
    }
    if let tlsCa { _ = try contents(ofFile: tlsCa, limit: 16 << 20) }
    let tls: TLSContext?
    do throws(TLSConfigurationError) {
      tls = try tlsCa.map { (file) throws(TLSConfigurationError) in
        try TLSContext.client(authorities: file)
      }
    } catch {
      throw CommandFailure(error)
    }
    do throws(SystemError) {
      let address = try SocketAddress(host: server.host, port: server.port)
      let group = try LoopGroup(count: loops)
      try group.start()
      return LoadRun(
        plan: plan, address: address, tls: tls, serverName: tls == nil ? nil : server.host,
        serverPID: serverPid, loops: group)
    } catch {
      throw CommandFailure(.unavailable, "\(error)")
    }
  }
}
