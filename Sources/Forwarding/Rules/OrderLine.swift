/// What the rules need of an order that isn't forwarded.
struct WaitingOrder: Sendable, Equatable {
  var sequence: Int64
  /// The hash of its key.
  var key: UInt64
  /// When it came into its lane, boot time, µs.
  var since: Int64
  var code: ExactText
  /// Of a cancellation the order that it takes back; else 0.
  var original: Int64 = 0

  var isCancellation: Bool { original != 0 }
}

/// Orders one behind another.
struct OrderLine: Sendable {
  private var orders: [WaitingOrder] = []
  private var start = 0
  /// Since the start of the server.
  private(set) var appended = 0

  var count: Int { orders.count - start }
  var first: WaitingOrder? { start < orders.count ? orders[start] : nil }

  mutating func append(_ order: WaitingOrder) {
    orders.append(order)
    appended += 1
  }

  mutating func undoAppend() {
    guard count > 0 else { return }
    orders.removeLast()
    appended -= 1
  }

  /// What was taken stays behind `start` for a while, so that it can be put back.
  mutating func removeFirst() {
    guard count > 0 else { return }
    start += 1
  }

  mutating func undoRemoveFirst(_ order: WaitingOrder) {
    if start > 0 {
      start -= 1
      orders[start] = order
    } else {
      orders.insert(order, at: 0)
    }
  }

  /// Gives back the memory of what was taken.
  mutating func settle() {
    guard start > 64, start * 2 > orders.count else { return }
    orders.removeFirst(start)
    start = 0
  }
}
