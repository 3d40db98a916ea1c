import API
import EventLoop
import RPC

/// Consumers of a load's orders: each unit has so many.
final class OrderCrowd: Sendable {
  /// What consumers a load has.
  struct Plan: Sendable {
    /// Of each unit.
    var each = 0
    /// Deliveries that each may have in hand.
    var credits: Int32 = 1_000
    /// How long the last one of the first unit takes over each order.
    var rest: Duration?
    /// How long the last one of the last unit stays before it drops its connection.
    var stay: Duration?

    fileprivate func manner(_ consumer: Int, of unit: Int) -> OrderConsumer.Manner {
      guard consumer == each - 1 else { return .prompt }
      if let rest, unit == 0 { return .slow(rest) }
      if let stay, unit == LoadPlan.units - 1 { return .crashing(after: stay) }
      return .prompt
    }
  }

  private static let pause: Duration = .milliseconds(50)

  private let began = MonotonicTime.current
  private let business: String
  private let target: LoadTarget
  private let verifier: OrderVerifier?
  private let consumers: [OrderConsumer]
  private let tasks: [Task<OrderTally, Never>]

  /// Attaches them, each on a connection of its own.
  init(
    _ plan: Plan, of business: String, at target: LoadTarget, _ verifier: OrderVerifier?
  ) async throws(CommandFailure) {
    self.business = business
    self.target = target
    self.verifier = verifier
    var consumers: [OrderConsumer] = []
    for number in 0..<plan.each {
      for (unit, name) in LoadPlan.unitNames.enumerated() {
        let who = Attachment(
          business: business, unit: name, consumer: "bench-\(number)", credits: plan.credits)
        consumers.append(
          try await OrderConsumer(
            who, unit: unit, plan.manner(number, of: unit), at: target, verifier))
      }
    }
    self.consumers = consumers
    tasks = consumers.map { consumer in
      Task(executorPreference: consumer.loop) { await consumer.run() }
    }
  }

  /// Waits until the units have nothing left, ends the consumers, and says what they got.
  func end() async throws(CommandFailure) -> OrderTally {
    guard !consumers.isEmpty else { return OrderTally() }
    var found = OrderTally(consumers: consumers.count)
    try await waitForQueues(&found)
    found.seconds = began.duration(to: MonotonicTime.current) / .seconds(1)
    for consumer in consumers { consumer.loop.execute { consumer.end() } }
    let impatient = Task(executorPreference: consumers[0].loop) { [consumers] in
      do { try await consumers[0].loop.sleep(for: LoadTarget.patience) } catch { return }
      for consumer in consumers { consumer.loop.execute { consumer.giveUp() } }
    }
    for task in tasks { found.merge(await task.value) }
    impatient.cancel()
    found.check = verifier?.end()
    return found
  }

  /// Until they are empty, or nothing has left them for long.
  private func waitForQueues(_ found: inout OrderTally) async throws(CommandFailure) {
    let loop = target.loops.next()
    var channel = try await target.connect(on: loop, within: LoadTarget.patience)
    defer { channel.close() }
    var (before, since) = (Int64(0), MonotonicTime.current)
    while true {
      do throws(RPCError) {
        found.left = try await left(channel)
        found.backlog = max(found.backlog, found.left)
        if found.left != before { (before, since) = (found.left, MonotonicTime.current) }
        if found.left == 0 { return }
      } catch {
        guard verifier != nil, error.isCutOff else {
          throw CommandFailure(.unavailable, "can't read the figures of \(business): \(error)")
        }
        channel.close()
        channel = try await target.connect(on: loop, within: LoadTarget.patience)
      }
      guard since.duration(to: MonotonicTime.current) < LoadTarget.patience else { return }
      await Task(executorPreference: loop) { try? await loop.sleep(for: Self.pause) }.value
    }
  }

  /// Orders in lanes, and those in the queues of the units with consumers.
  private func left(_ channel: ClientChannel) async throws(RPCError) -> Int64 {
    let figures = try await ForwardingServiceClient(channel).getForwardingFigures(
      GetForwardingFiguresRequest(business: business))
    let units = figures.units.filter { LoadPlan.unitNames.contains($0.unit) }
    let lanes = figures.intake?.lanes ?? []
    return units.reduce(0) { $0 + $1.depth } + lanes.reduce(0) { $0 + $1.depth }
  }
}
