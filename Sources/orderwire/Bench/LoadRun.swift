import API
import EventLoop
import RPC

/// A load on a server from begin to end: the pool, the calls, and the counters before and after.
struct LoadRun: Sendable {
  let plan: LoadPlan
  let target: LoadTarget
  let serverPID: Int?
  /// Streams that watch the pool meanwhile.
  var watches = 0
  /// Consumers of the units meanwhile.
  var consumers = OrderCrowd.Plan()
  /// Where watches are readers that check what they get: what their choices begin with.
  var readersSeed: UInt64?

  struct Result: Sendable {
    var tally = LoadTally()
    /// Processor time of the server while calls were measured.
    var cpu: Duration?
    /// The same of this process, and the threads that it had for it.
    var ownCPU: Duration = .zero
    var loops = 1
    /// How long calls were measured.
    var seconds: Double = 0
    var before = Counter()
    var after = Counter()
    /// Orders kept of the business.
    var orders = (before: Int64(0), after: Int64(0))
    var watched = WatchCrowd.Tally()
    var read: ReaderCrowd.Result?
    var consumed = OrderTally()
  }

  func run() async -> Swift.Result<Result, CommandFailure> {
    do throws(CommandFailure) { return .success(try await result()) } catch {
      return .failure(error)
    }
  }

  private func result() async throws(CommandFailure) -> Result {
    var result = Result()
    result.loops = target.loops.loops.count
    var control = try await connect()
    if plan.method == .submit {
      try await makeIntake(control)
      result.orders.before = try await orders(control)
    } else {
      try await makePool(control)
      result.before = try await counter(control)
    }
    let crowd = try await WatchCrowd(
      readersSeed == nil ? watches : 0, of: plan.business, at: target)
    let verifier =
      plan.verifiesOrders ? OrderVerifier(streams: plan.connections * plan.streams) : nil
    let consuming = try await OrderCrowd(consumers, of: plan.business, at: target, verifier)
    let readers = readersSeed.map { seed in
      ReaderCrowd(watches, of: plan.business, holders: plan.holders, at: target, seed: seed)
    }
    var connections: [LoadConnection] = []
    for index in 0..<plan.connections {
      let channel = try await connect()
      connections.append(
        LoadConnection(channel, to: target, plan: plan, index: index, verifier))
    }

    let start = MonotonicTime.current
    async let cpu = cpuAfterWarmup(control.loop, start)
    result.tally = await withTaskGroup(of: LoadTally.self) { group in
      for connection in connections {
        group.addTask(executorPreference: connection.channel.loop) {
          await connection.run(start: start)
        }
      }
      return await group.reduce(into: LoadTally()) { $0.merge($1) }
    }
    let end = MonotonicTime.current
    result.seconds = start.advanced(by: plan.warmup).duration(to: end) / .seconds(1)
    for connection in connections { connection.channel.close() }

    let before = try await cpu.get()
    result.ownCPU = ownCPUTime() - before.own
    if let serverPID, let server = before.server {
      result.cpu = try processCPUTime(serverPID) - server
    }
    result.watched = await crowd.end()
    result.consumed = try await consuming.end()
    if plan.reconnects {
      control = try await target.connect(on: target.loops.next(), within: LoadTarget.patience)
    }
    if plan.method == .submit {
      result.orders.after = try await orders(control)
    } else {
      result.after = try await counter(control)
    }
    result.read = try await readers?.finish(on: control)
    control.close()
    return result
  }

  private func connect() async throws(CommandFailure) -> ClientChannel {
    try await target.connect(on: target.loops.next())
  }

  private func makePool(_ channel: ClientChannel) async throws(CommandFailure) {
    var request = CreatePoolRequest()
    var pool = Pool()
    pool.business = plan.business
    pool.template = "B{serial:12}"
    pool.lowWatermark = 100_000
    pool.highWatermark = 200_000
    pool.generationBatch = 10_000
    request.pool = pool
    do throws(RPCError) {
      _ = try await AllocationServiceClient(channel).createPool(request)
    } catch {
      // From an earlier run.
      guard error.code != .alreadyExists else { return }
      throw CommandFailure(.unavailable, "can't make the pool \(plan.business): \(error)")
    }
  }

  private func counter(_ channel: ClientChannel) async throws(CommandFailure) -> Counter {
    var request = GetCounterRequest()
    request.business = plan.business
    do throws(RPCError) {
      return try await LockingServiceClient(channel).getCounter(request).counter ?? Counter()
    } catch {
      throw CommandFailure(.unavailable, "can't read the counters of \(plan.business): \(error)")
    }
  }

  /// The processor time of the server, where somebody asks for it, and of this process at the end of
  /// the warm-up.
  private func cpuAfterWarmup(
    _ loop: Loop, _ start: MonotonicTime
  ) async -> Swift.Result<(server: Duration?, own: Duration), CommandFailure> {
    await Task(executorPreference: loop) {
      let wait = MonotonicTime.current.duration(to: start.advanced(by: plan.warmup))
      if wait > .zero { try? await loop.sleep(for: wait) }
    }.value
    do throws(CommandFailure) {
      return .success((try serverPID.map(processCPUTime), ownCPUTime()))
    } catch {
      return .failure(error)
    }
  }
}
