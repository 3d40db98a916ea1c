// After a commit: what it brought about, and what is handed out next.
extension Consumption {
  /// Numbers deliveries, for all units of an opening of a store.
  struct Tokens: Sendable {
    /// Openings differ in the upper bits, so that a token of another one is none of this.
    private var next: Int64

    init(epoch: Int64) { next = (epoch & 0x7f_ffff) << 40 }

    mutating func take() -> Int64 {
      next += 1
      return next
    }
  }

  /// Carries out what the batch brought about; says what is handed to whom. `now` is boot time, µs.
  func step(_ unit: ForwardUnit, of intake: Intake, at now: Int64, _ tokens: inout Tokens)
    -> [Delivery]
  {
    let view = QueueView(
      places: unit.queue, keys: intake.keys, start: intake.floor, end: intake.nextSequence - 1,
      failures: failures, stopped: stopped, now: now)
    for (token, ending) in endings { end(token, ending, view) }
    endings.removeAll(keepingCapacity: true)
    consumers.removeAll { leaving.contains($0.id) }
    leaving.removeAll()
    consumers += joining
    joining.removeAll()
    guard !consumers.isEmpty else {
      rest()
      return []
    }
    if mustRebuild {
      giveBackSuspects(view)
      window.rebuild()
    } else {
      for sequence in arrivals { window.add(sequence, view) }
    }
    mustRebuild = false
    arrivals.removeAll(keepingCapacity: true)
    window.wake(at: now)
    breaker.wake(at: now)
    let handed = handOut(view, &tokens)
    tidyDeadlines()
    return handed
  }

  /// Nobody consumes: nothing is kept in memory for it.
  private func rest() {
    forgetWindow()
    deadlines.removeAll()
    suspects.removeAll()
    arrivals.removeAll()
    mustRebuild = false
    hasMore = false
  }

  private func end(_ token: Int64, _ ending: Ending, _ view: QueueView) {
    guard let delivery = deliveries.removeValue(forKey: token) else { return }
    if let place = consumers.firstIndex(where: { $0.id == delivery.consumer }) {
      consumers[place].inHand -= 1
      if delivery.isAlone { consumers[place].isReserved = false }
    }
    switch ending {
    case .gone: window.finished(delivery.key, view)
    case .again: window.returned(delivery.key, view)
    }
  }

  private func handOut(_ view: QueueView, _ tokens: inout Tokens) -> [Delivery] {
    hasMore = false
    guard pause == nil else { return [] }
    switch breaker.phase {
    case .closed: return handOutAll(view, &tokens)
    case .trying: return tryOne(view, &tokens).map { [$0] } ?? []
    case .open: return []
    }
  }

  private func handOutAll(_ view: QueueView, _ tokens: inout Tokens) -> [Delivery] {
    window.goOnSearching(view)
    var room = ForwardingLimits.deliveriesPerStep
    var handed: [Delivery] = []
    while let place = nextFree() {
      if window.readyCount == 0 { window.fill(view) }
      guard room > 0, window.readyCount > 0 else {
        hasMore = window.readyCount > 0 || window.isBehind
        break
      }
      guard let (key, sequence) = window.takeReady() else { break }
      if losses[sequence] ?? 0 >= ForwardingLimits.lossesOfSuspect {
        suspects.append((key, sequence))
        continue
      }
      handed.append(hand(sequence, of: key, to: place, &tokens, view.now))
      room -= 1
    }
    if room > 0, let delivery = handOutSuspect(view, &tokens) { handed.append(delivery) }
    if window.isSearching, consumers.contains(where: \.isFree) { hasMore = true }
    return handed
  }

  /// To see whether the unit is up again: another order than the last time, which may be a bad one.
  private func tryOne(_ view: QueueView, _ tokens: inout Tokens) -> Delivery? {
    guard deliveries.isEmpty else { return nil }
    giveBackSuspects(view)
    window.goOnSearching(view)
    if window.readyCount == 0 { window.fill(view) }
    guard let place = nextFree() else { return nil }
    guard let next = window.takeReady(after: tried) ?? window.takeReady() else {
      hasMore = window.isBehind || window.isSearching
      return nil
    }
    tried = next.sequence
    let isSuspect = losses[next.sequence] ?? 0 >= ForwardingLimits.lossesOfSuspect
    return hand(next.sequence, of: next.key, to: place, alone: isSuspect, &tokens, view.now)
  }
}

extension Consumption {
  /// Of those with room, one after the other.
  private func nextFree() -> Int? {
    for step in 0..<consumers.count {
      let place = (turn + step) % consumers.count
      guard consumers[place].isFree else { continue }
      turn = place + 1
      return place
    }
    return nil
  }

  /// A suspect goes to a consumer with nothing else in hand; one is kept free for it.
  private func handOutSuspect(_ view: QueueView, _ tokens: inout Tokens) -> Delivery? {
    guard let suspect = suspects.first else { return nil }
    for place in consumers.indices where consumers[place].credits == 0 {
      if consumers[place].inHand == 0 { consumers[place].isReserved = false }
    }
    let able = consumers.indices.filter { consumers[$0].credits > 0 }
    let reserved = able.first { consumers[$0].isReserved }
    guard
      let place = reserved ?? able.min(by: { consumers[$0].inHand < consumers[$1].inHand })
    else { return nil }
    consumers[place].isReserved = true
    guard consumers[place].inHand == 0 else { return nil }
    suspects.removeFirst()
    return hand(suspect.sequence, of: suspect.key, to: place, alone: true, &tokens, view.now)
  }

  /// An order may have come in front of one of them.
  private func giveBackSuspects(_ view: QueueView) {
    for suspect in suspects { window.returned(suspect.key, view) }
    suspects.removeAll()
    for place in consumers.indices {
      let id = consumers[place].id
      consumers[place].isReserved = deliveries.values.contains { $0.consumer == id && $0.isAlone }
    }
  }

  private func hand(
    _ sequence: Int64, of key: UInt64, to place: Int, alone: Bool = false,
    _ tokens: inout Tokens, _ now: Int64
  ) -> Delivery {
    let delivery = Delivery(
      token: tokens.take(), sequence: sequence, key: key, consumer: consumers[place].id,
      deadline: now + settings.ackDeadline, attempt: (failures[sequence]?.count ?? 0) + 1,
      losses: losses[sequence] ?? 0, isAlone: alone)
    consumers[place].inHand += 1
    deliveries[delivery.token] = delivery
    deadlines.insert(delivery.token, delivery.deadline)
    return delivery
  }

  /// Drops the deadlines of deliveries that have ended, once they are the most.
  private func tidyDeadlines() {
    guard deadlines.count > 2 * deliveries.count + 1_024 else { return }
    deadlines.removeAll()
    for delivery in deliveries.values { deadlines.insert(delivery.token, delivery.deadline) }
  }
}
