import API
import EventLoop
import RPC
import Synchronization

/// Consumers of a load's orders: each unit has so many, and each acknowledges what it gets at once.
final class OrderCrowd: Sendable {
  /// What they got together.
  struct Tally: Sendable {
    var consumers = 0
    /// Deliveries, those that came again too, and those of them.
    var deliveries = 0
    var again = 0
    var acknowledged = 0
    /// Acknowledgements that the server didn't take.
    var refused = 0
    /// The most that was left in the queues when the load had ended.
    var backlog: Int64 = 0
    /// From the begin of an order's Submit to its delivery, in nanoseconds.
    var latencies = Histogram()
    /// Streams that ended before they were ended.
    var lost = 0
  }

  private typealias Stream = ClientStream<ConsumeRequest, ConsumeResponse>

  /// As many as a consumer may have.
  private static let credits: Int32 = 1_000
  /// How long the last orders may take to come.
  private static let patience: Duration = .seconds(60)
  private static let pause: Duration = .milliseconds(50)

  private let tally = Mutex(Tally())
  private let channels: [ClientChannel]
  private let streams: [Stream]

  /// Attaches `count` consumers to each unit, each on a connection of its own.
  init(_ count: Int, of business: String, at target: LoadTarget) async throws(CommandFailure) {
    var channels: [ClientChannel] = []
    var streams: [Stream] = []
    for consumer in 0..<count {
      for unit in LoadPlan.unitNames {
        let channel = try await target.connect(on: target.loops.next())
        let who = Attachment(
          business: business, unit: unit, consumer: "bench-\(consumer)", credits: Self.credits)
        streams.append(try await Self.attach(who, channel))
        channels.append(channel)
      }
    }
    self.channels = channels
    self.streams = streams
    for (stream, channel) in zip(streams, channels) {
      Task(executorPreference: channel.loop) { await self.consume(stream) }
    }
  }

  private static func attach(
    _ who: Attachment, _ channel: ClientChannel
  ) async throws(CommandFailure) -> Stream {
    do throws(RPCError) {
      let stream = try await ForwardingServiceClient(channel).consume()
      try await stream.send(ConsumeRequest(said: .attach(who)))
      guard try await stream.next() != nil else {
        throw RPCError(.unavailable, "the stream has ended")
      }
      return stream
    } catch {
      throw CommandFailure(.unavailable, "can't consume the orders of \(who.unit): \(error)")
    }
  }

  private func consume(_ stream: Stream) async {
    var position: Int64 = 0
    do throws(RPCError) {
      while let handed = try await stream.next(reading: {
        (bytes) throws(RPCError) in try HandedOrders(bytes)
      }) {
        count(handed)
        guard !handed.deliveries.isEmpty else { continue }
        position += 1
        try await stream.send(encoded: try handed.settlement(position))
        tally.withLock { $0.acknowledged += handed.deliveries.count }
      }
    } catch {
      if error.code == .cancelled { return }
    }
    tally.withLock { $0.lost += 1 }
  }

  private func count(_ handed: HandedOrders) {
    let now = MonotonicTime.current
    tally.withLock { tally in
      tally.refused += handed.refused
      for delivery in handed.deliveries {
        tally.deliveries += 1
        if delivery.attempt > 1 { tally.again += 1 }
        guard let begun = delivery.begin else { continue }
        tally.latencies.record(Int(begun.duration(to: now).saturatedNanoseconds))
      }
    }
  }

  /// Waits until the units have nothing left, ends the consumers, and says what they got.
  func end(
    of business: String, on control: ClientChannel
  ) async throws(CommandFailure) -> Tally {
    guard !streams.isEmpty else { return Tally() }
    let end = MonotonicTime.current.advanced(by: Self.patience)
    do throws(RPCError) {
      while MonotonicTime.current < end {
        let figures = try await ForwardingServiceClient(control).getForwardingFigures(
          GetForwardingFiguresRequest(business: business))
        let units = figures.units.filter { LoadPlan.unitNames.contains($0.unit) }
        tally.withLock { tally in
          tally.backlog = max(tally.backlog, units.reduce(0) { $0 + $1.depth })
        }
        let lanes = figures.intake?.lanes ?? []
        if units.allSatisfy({ $0.depth == 0 }), lanes.allSatisfy({ $0.depth == 0 }) { break }
        let loop = control.loop
        await Task(executorPreference: loop) { try? await loop.sleep(for: Self.pause) }.value
      }
    } catch {
      throw CommandFailure(.unavailable, "can't read the figures of \(business): \(error)")
    }
    let found = tally.withLock { tally in
      tally.consumers = streams.count
      return tally
    }
    for stream in streams { stream.cancel() }
    for channel in channels { channel.close() }
    return found
  }
}

extension OrderCrowd.Tally {
  /// The lines for a person, and whether each unit got each of so many orders.
  func report(_ orders: Int) -> (lines: [String], isRight: Bool) {
    guard consumers > 0 else { return ([], true) }
    let expected = orders * LoadPlan.units
    let isRight = deliveries - again == expected && lost == 0
    let percentiles = [50, 99].map {
      "p\($0) \(rounded(Double(latencies.percentile(Double($0))) / 1e6, 2)) ms"
    }
    return (
      [
        "\(consumers) consumers: \(deliveries) deliveries, \(again) of them again, \(acknowledged) "
          + "acknowledged, \(refused) in vain; expected \(expected): \(isRight ? "right" : "WRONG")",
        "from Submit to delivery " + percentiles.joined(separator: "  ")
          + "; \(backlog) were left in the queues when the calls ended",
      ], isRight
    )
  }
}
