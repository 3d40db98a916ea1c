import Synchronization

/// What a verified load gives in and gets, from all of its threads. See `OrderCheck` for what is right.
final class OrderVerifier: Sendable {
  let name: OrderName
  private let check: Mutex<OrderCheck>

  /// For so many streams that give orders in.
  init(streams: Int) {
    name = OrderName(run: .random(in: 0 ... .max))
    check = Mutex(OrderCheck(units: LoadPlan.units, keys: streams * OrderSeries.keys))
  }

  func begin(_ marks: [OrderMark]) {
    check.withLock { check in for mark in marks { check.begin(mark) } }
  }

  func answer(_ marks: [OrderMark]) {
    check.withLock { check in for mark in marks { check.answer(mark) } }
  }

  /// Deliveries came to a unit; notes in each whether its order was done.
  func handed(_ deliveries: inout [HandedOrders.Delivery], at unit: Int) {
    check.withLock { check in
      for place in deliveries.indices {
        let delivery = deliveries[place]
        deliveries[place].wasDone = check.handed(
          delivery.mark, token: Int(truncatingIfNeeded: delivery.token), at: unit)
      }
    }
  }

  func acknowledge(_ deliveries: ArraySlice<HandedOrders.Delivery>, at unit: Int) {
    check.withLock { check in
      for delivery in deliveries { check.acknowledge(delivery.mark, at: unit) }
    }
  }

  /// They were answered, all but those refused as they were meant to be.
  func settled(
    _ deliveries: ArraySlice<HandedOrders.Delivery>, refused: [UInt64], at unit: Int
  ) {
    check.withLock { check in
      for delivery in deliveries {
        check.settled(
          delivery.mark, at: unit, wasDone: delivery.wasDone,
          isRefused: refused.contains(delivery.token))
      }
    }
  }

  /// What came of it when all is over.
  func end() -> OrderCheck {
    check.withLock { check in
      check.end()
      return check
    }
  }
}
