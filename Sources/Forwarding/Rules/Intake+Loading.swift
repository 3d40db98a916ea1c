/// An order as it was stored.
struct KeptOrder: Sendable {
  var order: NewOrder
  var sequence: Int64
  /// All of its goods, if they weren't all there when it was taken.
  var lacked: [String] = []
}

// After a start. Orders are taken over in the order of their sequences, behind the units and the places.
extension Intake {
  /// The layouts as they were kept; false if they aren't any.
  func load(layouts kept: [(from: Int64, lanes: Int32)]) -> Bool {
    guard !kept.isEmpty, kept.allSatisfy({ (1...ForwardingLimits.lanes).contains($0.lanes) }) else {
      return false
    }
    layouts = kept.map { LaneLayout(from: $0.from, lanes: $0.lanes) }
    return true
  }

  /// Before its places are filled in.
  func load(_ unit: ForwardUnit) {
    units[ExactText(unit.name)] = unit
    for code in unit.codes {
      unitsByCode[code] = ((unitsByCode[code] ?? []) + [unit]).sorted { $0.name < $1.name }
    }
  }

  /// False if its place isn't known, or it is there already. `boot` is when it came, µs.
  func load(_ kept: KeptOrder, at boot: Int64) -> Bool {
    let order = kept.order
    guard seen.find(order.identity) == nil else { return false }
    if nextSequence == 1 { begin(at: kept.sequence) }
    nextSequence = kept.sequence + 1
    keys[kept.sequence] = order.key
    seen.insert(
      SeenOrders.Slot(identity: order.identity, content: order.content, sequence: kept.sequence))
    let place = place(of: kept.sequence)
    counts[Int(place.rawValue)] += 1
    let waitingOrder = WaitingOrder(
      sequence: kept.sequence, key: order.key, since: boot, code: order.code,
      original: order.original)
    switch place {
    case .none: return false
    case .forwarded, .withdrawn: return true
    case .awaiting, .behind:
      waiting.lines[order.key, default: OrderLine()].append(waitingOrder)
      if !kept.lacked.isEmpty {
        waiting.lacking[kept.sequence] = kept.lacked
        waiting.lackedGoods += kept.lacked.count
      }
    case .lane:
      let layout = layouts.lastIndex { $0.from <= kept.sequence } ?? 0
      layouts[layout].append(waitingOrder)
    case .quarantined, .held: lines[order.key, default: OrderLine()].append(waitingOrder)
    }
    cancellation(of: order.original, waits: true)
    return true
  }

  private func begin(at first: Int64) {
    floor = first
    seen.floor = first
    firstUnfinished = first
    firstBlock = PlaceBlocks.block(of: first)
  }

  /// Everything was taken over: lines wait, or go on.
  func loaded() {
    for unit in units.values {
      unit.depth = unit.queue.count(of: UnitPlace.queued.rawValue)
      unit.arrived = unit.depth
      for sequence in deadLetters(of: unit, after: 0, limit: .max) {
        unit.consumption.countDead(keys[sequence], 1)
      }
    }
    for (key, line) in lines {
      guard let first = line.first else { continue }
      let mayGoOn =
        place(of: first.sequence) == .held || first.isCancellation
        || unitsByCode[first.code] != nil
      if mayGoOn { released.append(key) } else { wait(key, for: first.code) }
    }
    // What the catalog has isn't known here.
    waiting.supplied = Array(waiting.lines.keys)
    dropEmptyLayouts()
    settle()
  }
}
