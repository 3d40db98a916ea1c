// From the lanes to the queues of the units. See OrderPlace for the table.
extension Intake {
  /// When there is something to move, boot time, µs; nil: there is nothing.
  var due: Int64? {
    released.isEmpty && waiting.supplied.isEmpty ? nextLane()?.due : 0
  }

  /// Moves what is due at `now`: of lines that may go on, before the lanes and behind them, and of one lane;
  /// at most `limit` orders. Says how many it looked at.
  func dispatch(at now: Int64, limit: Int, known: Known = { _ in nil }) -> Int {
    let supplied = supply(at: now, limit: limit, known)
    guard supplied < limit else { return supplied }
    let ofLines = supplied + goOn(limit: limit - supplied)
    guard ofLines < limit, let next = nextLane(), next.due <= now else {
      return ofLines
    }
    var ofLane = 0
    while ofLane < min(Int(settings.batchSize), limit - ofLines) {
      guard let first = layouts[0].lanes[next.lane].first, holder(of: first) == nil,
        let order = layouts[0].removeFirst(ofLane: next.lane)
      else { break }
      note(.leftLane(order))
      takeTurn(order)
      ofLane += 1
    }
    dropEmptyLayouts()
    return ofLines + ofLane
  }

  private func takeTurn(_ order: WaitingOrder) {
    if lines[order.key] != nil {
      move(order.sequence, to: .held)
      append(order, toLine: order.key)
    } else if !forward(order) {
      move(order.sequence, to: .quarantined)
      append(order, toLine: order.key)
      wait(order.key, for: order.code)
    }
  }

  private func append(_ order: WaitingOrder, toLine key: UInt64) {
    lines[key, default: OrderLine()].append(order)
    note { [unowned self] in
      lines[key]?.undoAppend()
      if lines[key]?.count == 0 { lines[key] = nil }
    }
  }

  func wait(_ key: UInt64, for code: ExactText) {
    quarantine[code, default: []].insert(key)
    note { [unowned self] in
      quarantine[code]?.remove(key)
      if quarantine[code]?.isEmpty == true { quarantine[code] = nil }
    }
  }

  /// Hands an order to all its units at once; false if it matches none.
  private func forward(_ order: WaitingOrder) -> Bool {
    let targets: [ForwardUnit]
    if order.isCancellation {
      targets = units.values.filter { $0.place(of: order.original) != .none }
    } else {
      targets = unitsByCode[order.code] ?? []
      guard !targets.isEmpty else { return false }
    }
    cancellation(of: order.original, waits: false)
    move(order.sequence, to: .forwarded)
    versions[order.sequence] = rulesVersion
    for unit in targets { arrive(order.sequence, at: unit) }
    return true
  }

  /// Lets orders of lines go on that have found a unit, until one finds none.
  private func goOn(limit: Int) -> Int {
    var looked = 0
    while looked < limit, let key = released.last {
      guard let order = lines[key]?.first else {
        lines[key] = nil
        endRelease(of: key)
        continue
      }
      looked += 1
      guard forward(order) else {
        if place(of: order.sequence) != .quarantined { move(order.sequence, to: .quarantined) }
        endRelease(of: key)
        wait(key, for: order.code)
        continue
      }
      takeFirst(order, ofLine: key)
    }
    return looked
  }

  private func takeFirst(_ order: WaitingOrder, ofLine key: UInt64) {
    guard var line = lines.removeValue(forKey: key) else { return }
    line.removeFirst()
    let isOver = line.count == 0
    if !isOver {
      line.settle()
      lines[key] = line
    }
    note { [unowned self] in
      var line = lines.removeValue(forKey: key) ?? OrderLine()
      line.undoRemoveFirst(order)
      lines[key] = line
    }
    if isOver { endRelease(of: key) }
  }

  private func endRelease(of key: UInt64) {
    released.removeLast()
    note { [unowned self] in released.append(key) }
  }
}
