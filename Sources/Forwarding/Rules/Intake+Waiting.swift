/// Orders that wait for goods, before their lanes, each with those of its key behind it.
struct WaitingRoom: Sendable {
  /// By the hash of the key; each begins with an order that waits for goods, or did so until now.
  var lines: [UInt64: OrderLine] = [:]
  /// The goods of orders in these lines that weren't all there when these came, by sequence.
  var lacking: [Int64: [String]] = [:]
  /// How many these are.
  var lackedGoods = 0
  /// By a good that isn't there: the keys whose first order waits for it.
  var awaited: [ExactText: Set<UInt64>] = [:]
  /// Keys whose first order is to be looked at.
  var supplied: [UInt64] = []
  /// By sequence, what was looked up behind the taking: to be written.
  var lookedUp: [Int64: [GoodVersion]] = [:]

  func hasLine(of key: UInt64) -> Bool { !lines.isEmpty && lines[key] != nil }
}

// Before the lanes: what waits for goods. See OrderPlace for the table.
extension Intake {
  /// What the catalog has of a good now.
  typealias Known = (String) -> GoodVersion?

  /// An order begins the line of its key, as it lacks goods, or joins it.
  func joinWaiting(_ order: WaitingOrder, lacking lacked: LackedGoods?) {
    let isFirst = waiting.lines[order.key] == nil
    waiting.lines[order.key, default: OrderLine()].append(order)
    note { [unowned self] in
      waiting.lines[order.key]?.undoAppend()
      if waiting.lines[order.key]?.count == 0 { waiting.lines[order.key] = nil }
    }
    if let lacked { setLacking(lacked.goods, of: order.sequence) }
    move(order.sequence, to: isFirst ? .awaiting : .behind)
    if isFirst, let lacked { beginAwaiting(lacked.missing, order.key) }
    // An order that is taken back needs no goods.
    if order.isCancellation, place(of: order.original) == .awaiting { lookAgain(order.key) }
  }

  /// A good is there.
  func arrived(_ good: String) {
    let good = ExactText(good)
    guard let keys = waiting.awaited.removeValue(forKey: good) else { return }
    let before = waiting.supplied.count
    waiting.supplied.append(contentsOf: keys)
    note { [unowned self] in
      waiting.supplied.removeLast(waiting.supplied.count - before)
      waiting.awaited[good] = keys
    }
  }

  /// Lets orders into their lanes whose goods are there, until one of the key lacks some. Says how much
  /// it looked at.
  func supply(at now: Int64, limit: Int, _ known: Known) -> Int {
    var looked = 0
    while looked < limit, let key = waiting.supplied.last {
      guard let order = waiting.lines[key]?.first else {
        endSupply(of: key)
        continue
      }
      looked += 1 + (waiting.lacking[order.sequence]?.count ?? 0) / Self.goodsPerLook
      if let missing = lookUp(order, known) {
        if place(of: order.sequence) != .awaiting { move(order.sequence, to: .awaiting) }
        endSupply(of: key)
        beginAwaiting(missing, key)
        continue
      }
      takeFirst(order, ofWaiting: key)
      if place(of: order.sequence) != .withdrawn { enterLane(order, at: now) }
    }
    return looked
  }

  /// A good is looked up in so much less time than an order is moved.
  private static let goodsPerLook = 8

  /// It is an order's turn. Nil if it needs to wait no longer; else a good that it waits for.
  private func lookUp(_ order: WaitingOrder, _ known: Known) -> String? {
    let sequence = order.sequence
    guard let goods = waiting.lacking[sequence] else { return nil }
    var versions: [GoodVersion] = []
    for good in goods {
      if let version = known(good) {
        versions.append(version)
        continue
      }
      guard waitingOriginals.contains(sequence) else { return good }
      setLacking(nil, of: sequence)
      move(sequence, to: .withdrawn)
      return nil
    }
    setLacking(nil, of: sequence)
    waiting.lookedUp[sequence] = versions
    note { [unowned self] in waiting.lookedUp[sequence] = nil }
    return nil
  }

  /// Behind all of its key that came before, and in front of all that came after: where it would be loaded.
  private func enterLane(_ order: WaitingOrder, at now: Int64) {
    var order = order
    order.since = now
    let index = layouts.lastIndex { $0.from <= order.sequence } ?? 0
    layouts[index].append(order)
    note { [unowned self] in layouts[index].undoAppend(key: order.key) }
    move(order.sequence, to: .lane)
  }

  private func beginAwaiting(_ good: String, _ key: UInt64) {
    let good = ExactText(good)
    waiting.awaited[good, default: []].insert(key)
    note { [unowned self] in stopAwaiting(good, key) }
  }

  private func stopAwaiting(_ good: ExactText, _ key: UInt64) {
    waiting.awaited[good]?.remove(key)
    if waiting.awaited[good]?.isEmpty == true { waiting.awaited[good] = nil }
  }

  /// The first order of a key is looked at although nothing of what it waits for has come.
  private func lookAgain(_ key: UInt64) {
    guard let first = waiting.lines[key]?.first,
      let good = waiting.lacking[first.sequence]?.lazy.map({ ExactText($0) }).first(where: {
        waiting.awaited[$0]?.contains(key) == true
      })
    else { return }
    stopAwaiting(good, key)
    waiting.supplied.append(key)
    note { [unowned self] in
      waiting.supplied.removeLast()
      waiting.awaited[good, default: []].insert(key)
    }
  }

  private func setLacking(_ goods: [String]?, of sequence: Int64) {
    let before = waiting.lacking[sequence]
    replaceLacking(before, by: goods, of: sequence)
    note { [unowned self] in replaceLacking(goods, by: before, of: sequence) }
  }

  private func replaceLacking(_ before: [String]?, by goods: [String]?, of sequence: Int64) {
    waiting.lacking[sequence] = goods
    waiting.lackedGoods += (goods?.count ?? 0) - (before?.count ?? 0)
  }

  private func takeFirst(_ order: WaitingOrder, ofWaiting key: UInt64) {
    guard var line = waiting.lines.removeValue(forKey: key) else { return }
    line.removeFirst()
    let isOver = line.count == 0
    if !isOver {
      line.settle()
      waiting.lines[key] = line
    }
    note { [unowned self] in
      var line = waiting.lines.removeValue(forKey: key) ?? OrderLine()
      line.undoRemoveFirst(order)
      waiting.lines[key] = line
    }
    if isOver { endSupply(of: key) }
  }

  private func endSupply(of key: UInt64) {
    waiting.supplied.removeLast()
    note { [unowned self] in waiting.supplied.append(key) }
  }
}
