import EventLoop

/// What consumers of a load's orders got.
struct OrderTally: Sendable {
  var consumers = 0
  /// Deliveries, those that came again too, and those of them that had failed before.
  var deliveries = 0
  var again = 0
  var acknowledged = 0
  /// Acknowledgements that the server didn't take.
  var refused = 0
  /// The most that was left in the queues when the load had ended, and what was left at the end of all.
  var backlog: Int64 = 0
  var left: Int64 = 0
  /// From the begin of an order's Submit to its delivery, in nanoseconds.
  var latencies = Histogram()
  /// Streams, those that were cut off, and those that a consumer dropped itself.
  var streams = 0
  var cut = 0
  var dropped = 0
  /// What a consumer failed with.
  var failure: String?
  /// From the first stream to the last order.
  var seconds: Double = 0
  /// Where the load is verified.
  var check: OrderCheck?

  mutating func take(_ deliveries: [HandedOrders.Delivery], at now: MonotonicTime) {
    self.deliveries += deliveries.count
    for delivery in deliveries {
      if delivery.attempt > 1 { again += 1 }
      guard let begun = delivery.begin else { continue }
      latencies.record(Int(begun.duration(to: now).saturatedNanoseconds))
    }
  }

  mutating func merge(_ other: OrderTally) {
    deliveries += other.deliveries
    again += other.again
    acknowledged += other.acknowledged
    refused += other.refused
    latencies.merge(other.latencies)
    streams += other.streams
    cut += other.cut
    dropped += other.dropped
    failure = failure ?? other.failure
  }
}

extension OrderTally {
  /// The lines for a person, and whether each unit got each of so many orders; once and in order, if that was
  /// looked at.
  func report(_ orders: Int) -> (lines: [String], isRight: Bool) {
    guard consumers > 0 else { return ([], true) }
    var lines: [String] = []
    if let failure { lines.append("a consumer failed: \(failure)") }
    var isRight = failure == nil && left == 0
    if let check {
      let checked = check.report
      isRight = isRight && checked.isRight && check.orders == orders
      lines.append(
        "\(consumers) consumers: \(deliveries) deliveries of \(check.orders) orders on \(streams) streams, \(cut) cut "
          + "off and \(dropped) dropped; \(check.again) again, \(check.unconfirmed) without an answer to the "
          + "acknowledgement")
      lines += checked.lines
      lines.append(
        "\(rounded(Double(check.orders) / max(seconds, 0.001), 0)) orders/s in \(rounded(seconds, 1)) s, to the last "
          + "acknowledgement")
    } else {
      let expected = orders * LoadPlan.units
      isRight = isRight && deliveries - again == expected
      lines.append(
        "\(consumers) consumers: \(deliveries) deliveries, \(again) of them again, \(acknowledged) "
          + "acknowledged, \(refused) in vain; expected \(expected): \(isRight ? "right" : "WRONG")"
      )
    }
    let percentiles = [50, 99].map {
      "p\($0) \(rounded(Double(latencies.percentile(Double($0))) / 1e6, 2)) ms"
    }
    lines.append(
      "from Submit to delivery " + percentiles.joined(separator: "  ")
        + "; \(backlog) were left in the queues when the calls ended"
        + (left > 0 ? ", and \(left) at the end: WRONG" : ""))
    return (lines, isRight)
  }
}

extension OrderCheck {
  /// The lines for a person, and whether nothing is wrong.
  var report: (lines: [String], isRight: Bool) {
    let isRight = counts.isEmpty
    var lines = examples.map { example in
      let unit = LoadPlan.unitNames[example.unit]
      let order = example.mark.map { "order \($0.position) of key \($0.key)" } ?? "an order"
      return "\(unit), \(order): \(example.finding.rawValue)"
    }
    let all = Finding.allCases.map { "\(counts[$0, default: 0]) \($0.rawValue)" }
    lines.append(
      "the units' orders: \(all.joined(separator: ", ")): \(isRight ? "right" : "WRONG")")
    return (lines, isRight)
  }
}
