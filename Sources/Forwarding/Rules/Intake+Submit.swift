/// An order as it is given in.
struct NewOrder: Sendable, Equatable {
  /// What makes it the same one as another.
  var identity: UInt64
  /// What mustn't differ then.
  var content: UInt64
  /// The hash of its key.
  var key: UInt64
  var code: ExactText
  /// Of a cancellation the order that it takes back; else 0.
  var original: Int64 = 0
}

/// What became of it.
enum Submitted: Sendable, Equatable {
  case taken(Int64)
  case duplicate(Int64)
  /// Another order of this identity was taken before.
  case differs(Int64)

  var sequence: Int64 {
    switch self {
    case .taken(let sequence), .duplicate(let sequence), .differs(let sequence): sequence
    }
  }

  var isDuplicate: Bool {
    if case .duplicate = self { true } else { false }
  }
}

extension Intake {
  /// Takes an order into its lane, unless it came before, or has to wait for goods. `boot` is the time, µs.
  func submit(
    _ order: NewOrder, lacking lacked: LackedGoods? = nil, at boot: Int64
  ) -> Submitted {
    if let found = seen.find(order.identity) {
      return found.content == order.content
        ? .duplicate(found.sequence) : .differs(found.sequence)
    }
    let sequence = nextSequence
    nextSequence += 1
    keys[sequence] = order.key
    seen.insert(
      SeenOrders.Slot(
        identity: order.identity, content: order.content, sequence: sequence))
    let last = layouts.count - 1
    let taken = WaitingOrder(
      sequence: sequence, key: order.key, since: boot, code: order.code, original: order.original)
    let waits = lacked != nil || waiting.hasLine(of: order.key)
    if !waits { layouts[last].append(taken) }
    note(
      .taken(
        sequence: sequence, identity: order.identity, key: order.key, layout: waits ? nil : last))
    cancellation(of: order.original, waits: true)
    if waits { joinWaiting(taken, lacking: lacked) } else { move(sequence, to: .lane) }
    return .taken(sequence)
  }

  /// The sequence of an order that is kept.
  func find(number: String, version: Int64, isCancellation: Bool) -> Int64? {
    seen.find(
      OrderHash.identity(number: number, version: version, isCancellation: isCancellation)
    )?.sequence
  }

  /// Changes the settings. Another number of lanes holds for orders from now on.
  func change(_ changed: IntakeSettings) throws(ForwardingRefusal) {
    guard changed != settings else { return }
    if changed.lanes != settings.lanes {
      guard layouts.count < ForwardingLimits.layouts else { throw .lanesChanging }
      layouts.append(LaneLayout(from: nextSequence, lanes: changed.lanes))
      note { [unowned self] in layouts.removeLast() }
      dropEmptyLayouts()
    }
    set(\.settings, changed)
    isRowDirty = true
  }

  /// The lanes of before a change, once nothing is in them.
  func dropEmptyLayouts() {
    while layouts.count > 1, layouts[0].depth == 0 {
      let first = layouts.removeFirst()
      note { [unowned self] in layouts.insert(first, at: 0) }
      isRowDirty = true
    }
  }
}
