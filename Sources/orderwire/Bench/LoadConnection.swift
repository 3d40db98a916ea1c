import API
import EventLoop
import RPC

/// One connection of a load, and its streams.
// @unchecked: confined to the channel's loop, which its tasks prefer.
final class LoadConnection: @unchecked Sendable {
  private let plan: LoadPlan
  private let index: Int
  private let allocation: AllocationServiceClient
  private let locking: LockingServiceClient
  private var requestIDs: RequestIDSource
  private var tally = LoadTally()
  /// Calls that were begun here, for their turn in an open loop and for the limit.
  private var begun = 0

  let channel: ClientChannel

  init(_ channel: ClientChannel, plan: LoadPlan, index: Int) {
    self.channel = channel
    self.plan = plan
    self.index = index
    allocation = AllocationServiceClient(channel)
    locking = LockingServiceClient(channel)
    requestIDs = RequestIDSource(seed: .random(in: 0 ... .max))
  }

  /// Makes calls on all streams until the plan's end.
  func run(start: MonotonicTime) async -> LoadTally {
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<plan.streams {
        group.addTask(executorPreference: channel.loop) { await self.work(start) }
      }
    }
    return tally
  }

  private func work(_ start: MonotonicTime) async {
    let measuring = start.advanced(by: plan.warmup)
    let end = measuring.advanced(by: plan.measured)
    // Each connection has its share; the first ones have what doesn't divide.
    let share = plan.calls.map { ($0 + plan.connections - 1 - index) / plan.connections }
    while share.map({ begun < $0 }) ?? true {
      // The calls of an open loop go round the connections.
      let planned = plan.due(call: begun * plan.connections + index, start: start)
      begun += 1
      if let planned {
        guard planned < end else { return }
        let wait = MonotonicTime.current.duration(to: planned)
        if wait > .zero { try? await channel.loop.sleep(for: wait) }
      }
      let due = planned ?? MonotonicTime.current
      guard due < end else { return }
      let isAnswered = await call()
      if isAnswered, due >= measuring {
        tally.latencies.record(
          Int(due.duration(to: MonotonicTime.current).saturatedNanoseconds))
      }
      // A connection that is gone answers at once, and would be asked for ever.
      if !isAnswered, tally.failures[.unavailable, default: 0] > plan.streams { return }
    }
  }

  /// One call, or two with completing; whether all were answered.
  private func call() async -> Bool {
    let holder = "bench-\(index)"
    var allocate = AllocateRequest()
    allocate.business = plan.business
    allocate.count = Int32(plan.count)
    allocate.holder = holder
    allocate.requestID = requestIDs.next()
    let answer: AllocateResponse
    do {
      answer = try await allocation.allocate(allocate)
      tally.calls += 1
      tally.allocated += answer.numbers.count
    } catch {
      tally.failed(error)
      if error.mayHaveHappened { tally.unsureAllocated += plan.count }
      return false
    }
    guard plan.completes else { return true }
    var complete = CompleteRequest()
    complete.business = plan.business
    complete.holder = holder
    complete.requestID = requestIDs.next()
    complete.completions = answer.numbers.map { number in
      var completion = Completion()
      completion.number = number.number
      completion.token = number.token
      return completion
    }
    do {
      let done = try await locking.complete(complete)
      tally.calls += 1
      tally.completed += done.numbers.count
      return true
    } catch {
      tally.failed(error)
      if error.mayHaveHappened { tally.unsureCompleted += answer.numbers.count }
      return false
    }
  }
}
