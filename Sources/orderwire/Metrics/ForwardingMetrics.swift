import API
import Forwarding
import Messages
import Store

/// What is in the queues of all businesses, as metrics: what GetForwardingFigures says of one.
struct ForwardingMetrics {
  let service: ForwardingService

  /// A server with so many queues is looked at by business, with the RPC.
  static let mostSamples = 50_000

  func text() async throws(StoreError) -> String {
    var metrics = MetricsText()
    var isWhole = true
    var last = ""
    businesses: while true {
      let page = try await service.businesses(after: last)
      guard let end = page.last else { break }
      for business in page {
        guard metrics.samples < Self.mostSamples else {
          isWhole = false
          break businesses
        }
        if let figures = try await service.figures(of: business) { metrics.add(figures) }
      }
      last = end
    }
    metrics.gauge(Family.isWhole, isWhole ? 1 : 0)
    return metrics.text
  }

  fileprivate enum Family {
    static let isWhole = MetricsText.Family(
      name: "orderwire_metrics_complete",
      help: "0 if there were more metrics than one answer has room for.")
    static let kept = MetricsText.Family(
      name: "orderwire_forwarding_kept_orders",
      help: "Orders that are kept, those that were forwarded too.")
    static let waiting = MetricsText.Family(
      name: "orderwire_forwarding_waiting_orders", help: "Orders that wait beside the lanes.")
    static let lane = Queue(name: "orderwire_forwarding_lane", what: "a lane")
    static let laneHeld = MetricsText.Family(
      name: "orderwire_forwarding_lane_held", help: "1 if a lane waits for a unit's full queue.")
    static let unit = Queue(name: "orderwire_forwarding_unit", what: "a unit's queue")
    static let beyondBound = MetricsText.Family(
      name: "orderwire_forwarding_unit_orders_beyond_bound",
      help: "Orders in a unit's queue beyond its bound.")
  }

  /// The families of lanes, or of units.
  fileprivate struct Queue {
    let orders: MetricsText.Family
    let oldest: MetricsText.Family
    let arrivals: MetricsText.Family
    let departures: MetricsText.Family

    init(name: String, what: String) {
      orders = .init(name: name + "_orders", help: "Orders in \(what).")
      oldest = .init(
        name: name + "_oldest_timestamp_seconds",
        help: "When the oldest order in \(what) came; no sample where there is none.")
      arrivals = .init(
        name: name + "_arrivals_per_second",
        help: "Orders that came into \(what), over the last minute.")
      departures = .init(
        name: name + "_departures_per_second",
        help: "Orders that left \(what), over the last minute.")
    }
  }
}

extension MetricsText {
  fileprivate typealias Families = ForwardingMetrics.Family

  fileprivate mutating func add(_ figures: GetForwardingFiguresResponse) {
    let intake = figures.intake ?? API.Intake()
    let business = (name: "business", value: intake.business)
    gauge(Families.kept, Double(intake.orders), business)
    let waiting = [
      ("behind_change", intake.behindChange), ("quarantined", intake.quarantined),
      ("held", intake.held), ("awaiting_goods", intake.awaitingGoods), ("behind", intake.behind),
    ]
    for (state, count) in waiting {
      gauge(Families.waiting, Double(count), business, (name: "state", value: state))
    }
    for lane in intake.lanes {
      let label = (name: "lane", value: "\(lane.lane)")
      add(
        Families.lane, business, label, orders: lane.depth, oldest: lane.oldestTime,
        arrivals: lane.inPerSecond, departures: lane.outPerSecond)
      gauge(Families.laneHeld, lane.heldBy.isEmpty ? 0 : 1, business, label)
    }
    for unit in figures.units {
      let label = (name: "unit", value: unit.unit)
      add(
        Families.unit, business, label, orders: unit.depth, oldest: unit.oldestTime,
        arrivals: unit.inPerSecond, departures: unit.outPerSecond)
      gauge(Families.beyondBound, Double(unit.beyondBound), business, label)
    }
  }

  private mutating func add(
    _ queue: ForwardingMetrics.Queue, _ business: (name: String, value: String),
    _ label: (name: String, value: String), orders: Int64, oldest: ProtoTimestamp?,
    arrivals: Double, departures: Double
  ) {
    gauge(queue.orders, Double(orders), business, label)
    if let oldest {
      gauge(queue.oldest, Double(oldest.seconds) + Double(oldest.nanos) / 1e9, business, label)
    }
    gauge(queue.arrivals, arrivals, business, label)
    gauge(queue.departures, departures, business, label)
  }
}
