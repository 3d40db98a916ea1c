@testable import Numbers

extension PoolModel {
  /// When each was completed (wall clock, µs).
  mutating func complete(_ command: CompleteCommand, _ now: Moment) throws(Refusal) -> [Int64] {
    var seen: Set<String> = []
    var keys: [NumberKey] = []
    for (place, item) in command.items.enumerated() {
      let (key, state) = try find(item.number, item.token, command.caller, place)
      guard seen.insert(item.number).inserted else { throw .numberTwice(place) }
      switch state {
      case .live:
        if let amount = item.amount, amount.minor < 0 { throw .amountNegative(place) }
      case .ended(_, _, .completed(let currency, let minor)):
        guard currency == item.amount?.currency ?? "", minor == item.amount?.minor ?? 0 else {
          throw .completedDifferently(place)
        }
      case .ended(_, _, .returned(.released, _, _)): throw .numberReleased(place)
      case .ended(_, _, .returned(.expired, _, _)): throw .numberExpired(place)
      case .inStock, .lapsed: throw .numberUnknown(place)
      }
      keys.append(key)
    }
    return zip(command.items, keys).map { item, key in
      switch numbers[key]?.state {
      case .live(let holding):
        let end = EndedNumber.End.completed(
          currency: item.amount?.currency ?? "", amountMinor: item.amount?.minor ?? 0)
        numbers[key]?.state = .ended(holding, at: now.wall, end)
        noteEnd(of: key, now)
        endIfEmpty(holding.lease)
        counters.completed += 1
        if let amount = item.amount { amounts[amount.currency, default: 0] += amount.minor }
        return now.wall
      case .ended(_, let time, _): return time
      default: return 0
      }
    }
  }

  mutating func release(_ command: ReleaseCommand, _ now: Moment) throws(Refusal) -> [Released] {
    var seen: Set<String> = []
    var keys: [NumberKey] = []
    for (place, item) in command.items.enumerated() {
      let (key, state) = try find(item.number, item.token, command.caller, place)
      guard seen.insert(item.number).inserted else { throw .numberTwice(place) }
      switch state {
      case .live, .ended(_, _, .returned(.released, _, _)): break
      case .ended(_, _, .completed): throw .numberCompleted(place)
      case .ended(_, _, .returned(.expired, _, _)): throw .numberExpired(place)
      case .inStock, .lapsed: throw .numberUnknown(place)
      }
      keys.append(key)
    }
    return keys.map { key in
      switch numbers[key]?.state {
      case .live(let holding):
        giveBack(key, .released, command.reason, now)
        endIfEmpty(holding.lease)
        counters.released += 1
        return Released(time: now.wall, isReusable: settings.reuse != .never)
      case .ended(_, let time, .returned(_, let isRetired, _)):
        return Released(time: time, isReusable: !isRetired)
      default: return Released(time: 0, isReusable: false)
      }
    }
  }

  /// The number that a call names, if the caller may: it has the last token, and is the last holder.
  private func find(
    _ text: String, _ token: TokenValue?, _ caller: Caller, _ place: Int
  ) throws(Refusal) -> (NumberKey, State) {
    guard let token else { throw .tokenMissing(place) }
    guard token.incarnation == incarnation else { throw .tokenOfOtherIncarnation(place) }
    guard let key = byText[text], let state = numbers[key]?.state else {
      throw .numberUnknown(place)
    }
    switch state {
    case .inStock, .lapsed: throw .numberUnknown(place)
    case .live(let holding), .ended(let holding, _, _):
      guard token.generation == UInt64(holding.generation) else { throw .tokenStale(place) }
      guard caller.mayAct(for: holding.caller) else { throw .numberNotHeld(place) }
      return (key, state)
    }
  }

  /// Puts a live number back in line, or retires it. The caller of this counts the cause.
  mutating func giveBack(
    _ key: NumberKey, _ cause: ReturnCause, _ reason: String, _ now: Moment
  ) {
    guard case .live(let holding)? = numbers[key]?.state else { return }
    let isRetired = settings.reuse == .never
    numbers[key]?.state = .ended(
      holding, at: now.wall, .returned(cause, isRetired: isRetired, reason: reason))
    noteEnd(of: key, now)
    if isRetired {
      counters.retired += 1
    } else {
      line.append(Waiting(number: key, since: now.boot))
    }
  }
}
