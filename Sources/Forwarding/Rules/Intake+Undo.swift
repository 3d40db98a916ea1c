// How changes are taken back.
extension Intake {
  /// A change, with what it takes to take it back. Those that every order brings have a case of their own:
  /// to make a closure for each was a fifth of the writer's work.
  enum Change {
    /// `layout`: in whose lane it is, if it needn't wait for goods.
    case taken(sequence: Int64, identity: UInt64, key: UInt64, layout: Int?)
    case moved(sequence: Int64, from: OrderPlace, to: OrderPlace)
    case leftLane(WaitingOrder)
    /// `isFound`: it is among the arrivals, as the unit's window is beyond it.
    case arrived(sequence: Int64, unit: ForwardUnit, isFound: Bool)
    case put(sequence: Int64, unit: ForwardUnit, from: UnitPlace, to: UnitPlace)
    case ended(token: Int64, unit: ForwardUnit)
    case other(() -> Void)
  }

  /// Takes back every change since `mark`, the last first.
  func undo(to mark: Int) {
    while changes.count > mark, let change = changes.popLast() { undo(change) }
  }

  private func undo(_ change: Change) {
    switch change {
    case .taken(let sequence, let identity, let key, let layout):
      if let layout { layouts[layout].undoAppend(key: key) }
      seen.remove(identity)
      nextSequence = sequence
    case .moved(let sequence, let from, let to): put(sequence, to, from)
    case .leftLane(let order): layouts[0].undoRemoveFirst(order)
    case .arrived(let sequence, let unit, let isFound):
      if isFound, !unit.consumption.arrivals.isEmpty { unit.consumption.arrivals.removeLast() }
      unit.arrived -= 1
      move(sequence, at: unit, .queued, .none)
    case .put(let sequence, let unit, let from, let to): move(sequence, at: unit, to, from)
    case .ended(let token, let unit):
      unit.consumption.deliveries[token]?.isEnding = false
      if !unit.consumption.endings.isEmpty { unit.consumption.endings.removeLast() }
    case .other(let body): body()
    }
  }
}
