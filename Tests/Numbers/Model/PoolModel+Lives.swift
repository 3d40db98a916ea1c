@testable import Numbers

// The life of each number: its events as they must be read, but for what leads from one to the next.
extension PoolModel {
  /// Serials are made or lapse: known to every number of the range alike.
  mutating func noteRange(_ kind: NumberEvent.Kind, of key: NumberKey, at moment: Int64) {
    note(event(kind, of: key, moment), key)
  }

  /// A number is handed out or taken over, and is live.
  mutating func noteBeginning(_ kind: NumberEvent.Kind, of key: NumberKey, _ now: Moment) {
    guard case .live(let holding)? = numbers[key]?.state else { return }
    var event = event(kind, of: key, now.wall)
    event.caller = holding.caller
    event.lease = holding.lease
    event.generation = holding.generation
    event.expires = leases[holding.lease].map { now.shown(at: $0.expires) }
    note(event, key)
  }

  /// A number that was live has ended, as its state says.
  mutating func noteEnd(of key: NumberKey, _ now: Moment) {
    guard case .ended(let holding, _, let end)? = numbers[key]?.state else { return }
    var event = event(.completed, of: key, now.wall)
    event.caller = holding.caller
    event.lease = holding.lease
    event.generation = holding.generation
    event.allocated = holding.allocated
    switch end {
    case .completed(let currency, let minor):
      event.currency = currency
      event.amountMinor = minor
    case .returned(let cause, let isRetired, let reason):
      event.kind = cause == .released ? .released : .expired
      event.isRetired = isRetired
      event.reason = reason
    }
    note(event, key)
  }

  /// A number in line became too old.
  mutating func noteRetirement(of key: NumberKey, _ now: Moment) {
    guard case .ended(let holding, _, _)? = numbers[key]?.state else { return }
    var event = event(.retired, of: key, now.wall)
    event.generation = holding.generation
    note(event, key)
  }

  /// A lease runs its whole time again: an event of each number under it.
  mutating func noteRenewal(of id: Int64, _ now: Moment) {
    guard let lease = leases[id] else { return }
    var event = NumberEvent(kind: .renewed, time: now.wall)
    event.caller = lease.caller
    event.lease = id
    event.expires = now.shown(at: lease.expires)
    for key in held(under: id) { note(event, key) }
  }

  private func event(
    _ kind: NumberEvent.Kind, of key: NumberKey, _ time: Int64
  ) -> NumberEvent {
    var event = NumberEvent(kind: kind, time: time)
    event.edition = key.edition
    event.period = key.period
    event.serial = key.serial
    event.last = key.serial
    event.generated = numbers[key]?.made ?? 0
    return event
  }

  private mutating func note(_ event: NumberEvent, _ key: NumberKey) {
    lives[key, default: []].append(event)
  }

  /// What the gap report must say of every serial below the next ones.
  var serialStates: [NumberKey: SerialState] {
    var states = numbers.mapValues { number -> SerialState in
      switch number.state {
      case .inStock: .inStock
      case .lapsed: .lapsed
      case .live: .live
      case .ended(_, _, .completed): .completed
      case .ended(_, _, .returned(let cause, let isRetired, _)):
        SerialState(returned: cause, isRetired: isRetired)
      }
    }
    for key in skipped { states[key] = .skipped }
    for series in lastMade.keys {
      for serial in 1..<settings.startSerial {
        var key = series
        key.serial = serial
        states[key] = .beforeStart
      }
    }
    return states
  }
}
