import API
import EventLoop
import RPC

/// One connection of a load, and its streams.
// @unchecked: confined to the channel's loop, which its tasks prefer.
final class LoadConnection: @unchecked Sendable {
  let plan: LoadPlan
  let index: Int
  private let target: LoadTarget
  private(set) var channel: ClientChannel {
    didSet { allocating = Self.allocating(on: channel) }
  }
  /// Allocate, on `channel`.
  private(set) var allocating: BareMethod
  private var replacing: Task<Bool, Never>?
  var requestIDs: RequestIDSource
  /// The request of its calls, once one is made.
  var prepared: PreparedAllocate?
  var preparedSubmit: PreparedSubmit?
  /// Where the load is verified, and what each of its streams gives in then.
  let verifier: OrderVerifier?
  var series: [OrderSeries] = []
  var tally = LoadTally()
  /// Calls that were begun here, for their turn in an open loop and for the limit.
  private var begun = 0

  init(
    _ channel: ClientChannel, to target: LoadTarget, plan: LoadPlan, index: Int,
    _ verifier: OrderVerifier? = nil
  ) {
    self.channel = channel
    allocating = Self.allocating(on: channel)
    self.target = target
    self.plan = plan
    self.index = index
    requestIDs = RequestIDSource(seed: .random(in: 0 ... .max))
    self.verifier = verifier
    if verifier != nil {
      series = (0..<plan.streams).map { OrderSeries(stream: index * plan.streams + $0) }
    }
  }

  private static func allocating(on channel: ClientChannel) -> BareMethod {
    BareMethod(channel, service: "orderwire.v1.AllocationService", method: "Allocate")
  }

  /// Makes calls on all streams until the plan's end.
  func run(start: MonotonicTime) async -> LoadTally {
    if plan.method == .allocateStream { return await runStream(start: start) }
    if plan.isPlain {
      await AllocatePlaces(self, allocating, start: start).run()
      return tally
    }
    await withTaskGroup(of: Void.self) { group in
      for stream in 0..<plan.streams {
        group.addTask(executorPreference: channel.loop) { await self.work(start, stream) }
      }
    }
    return tally
  }

  private func work(_ start: MonotonicTime, _ stream: Int) async {
    let measuring = start.advanced(by: plan.warmup)
    let end = measuring.advanced(by: plan.measured)
    let share = plan.share(of: index)
    while begun < share {
      // The calls of an open loop go round the connections.
      let planned = plan.due(call: begun * plan.connections + index, start: start)
      begun += 1
      if let planned {
        guard planned < end else { return }
        await wait(until: planned, isMeasured: planned >= measuring)
      }
      let due = planned ?? MonotonicTime.current
      guard due < end else { return }
      let isAnswered = await call(stream)
      if isAnswered, due >= measuring {
        tally.latencies.record(
          Int(due.duration(to: MonotonicTime.current).saturatedNanoseconds))
      }
      // Nobody knows where the next orders of its keys would belong.
      if !isAnswered, verifier != nil { return }
      // A connection that is gone answers at once, and would be asked for ever.
      if !isAnswered, tally.failures[.unavailable, default: 0] > plan.streams { return }
    }
  }

  private func wait(until planned: MonotonicTime, isMeasured: Bool) async {
    let wait = MonotonicTime.current.duration(to: planned)
    guard wait > .zero else { return }
    try? await channel.loop.sleep(for: wait)
    guard isMeasured else { return }
    tally.lateness.record(Int(planned.duration(to: MonotonicTime.current).saturatedNanoseconds))
  }

  /// Makes a call; where the plan says so again on new connections, for as long as the server is away.
  func answered<Response>(
    _ make: (ClientChannel) async throws(RPCError) -> Response
  ) async throws(RPCError) -> Response {
    while true {
      let used = channel
      do throws(RPCError) {
        return try await make(used)
      } catch {
        guard plan.reconnects, error.code == .unavailable, await replace(used) else { throw error }
        tally.repeated += 1
      }
    }
  }

  /// Says whether there is another connection than `lost`. The streams of it that find it lost share one.
  private func replace(_ lost: ClientChannel) async -> Bool {
    if let replacing { return await replacing.value }
    guard channel === lost else { return true }
    let task = Task(executorPreference: lost.loop) { await self.reconnect() }
    replacing = task
    let isBack = await task.value
    replacing = nil
    return isBack
  }

  private func reconnect() async -> Bool {
    // The old one stays for the calls that are still answered on it; the server closes it.
    do throws(CommandFailure) {
      channel = try await target.connect(on: channel.loop, within: LoadTarget.patience)
      return true
    } catch {
      return false
    }
  }
}
