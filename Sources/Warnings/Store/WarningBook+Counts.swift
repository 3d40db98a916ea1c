public import Store

/// What another capability counts, and rules look at.
public enum CountedSignal: Sendable {
  /// Orders whose code no unit has.
  case quarantinedOrders
  /// Orders that wait for goods which the catalog doesn't have.
  case ordersAwaitingGoods
  /// Orders in units' queues beyond their bounds.
  case ordersBeyondBound

  var kind: SignalKind {
    switch self {
    case .quarantinedOrders: .quarantinedOrders
    case .ordersAwaitingGoods: .ordersAwaitingGoods
    case .ordersBeyondBound: .ordersBeyondBound
    }
  }
}

// Counts of other capabilities, which tell them in their own transactions.
extension WarningBook {
  /// Rules look at a count, in the transaction of `batch`.
  public func counted(
    _ signal: CountedSignal, of business: String, _ count: Int, _ batch: Batch
  ) throws(StoreError) {
    var outcome = ReportOutcome()
    do throws(WarningFailure) {
      let signal = ReportedSignal(kind: signal.kind, source: "", value: Double(count))
      try take(business, signal, batch, &outcome)
    } catch {
      if case .store(let error) = error { throw error }
    }
  }

  /// What was told of a count last, and when, boot time, µs.
  public func lastCount(
    _ signal: CountedSignal, of business: String
  ) -> (count: Int, heard: Int64)? {
    latest[SignalKey(business: business, kind: signal.kind)]?[""].map {
      (Int($0.value), $0.heard)
    }
  }
}
