/// Asks for numbers to be given back.
struct ReleaseCommand: Sendable {
  struct Item: Sendable {
    var number: String
    var token: TokenValue?
  }

  var business: String
  var caller: Caller
  var items: [Item]
  var reason: String
}

/// How a number came back.
struct Released: Sendable, Equatable {
  /// Wall clock, µs.
  var time: Int64
  var isReusable: Bool
}

extension Book {
  /// Gives all numbers of a call back to their pool, or none.
  func release(
    _ command: ReleaseCommand, at now: Moment, rows: any NumberRows
  ) throws(Refusal) -> [Released] {
    guard (1...Limits.numbersPerCall).contains(command.items.count) else {
      throw .numbersOutOfRange
    }
    guard command.reason.utf8.count <= Limits.reasonBytes else { throw .reasonTooLong }
    let pool = try pool(of: command.business)
    try check(command.caller)
    var found: [Found] = []
    var seen = Distinct(count: command.items.count)
    for (place, item) in command.items.enumerated() {
      let number = try find(
        item.number, item.token, command.caller, place: place, in: pool, rows: rows)
      guard seen.insert(item.number) else { throw .numberTwice(place) }
      if case .ended(let ended) = number {
        switch ended.end {
        case .completed: throw .numberCompleted(place)
        case .returned(.expired, _, _): throw .numberExpired(place)
        case .returned(.released, _, _): break
        }
      }
      found.append(number)
    }

    touch(pool, at: now, rows: rows)
    var answers: [Released] = []
    answers.reserveCapacity(found.count)
    while answers.count < found.count {
      switch found[answers.count] {
      case .live(let number):
        let count = stretch(of: found[answers.count...])
        let lease = giveBack(
          number.serial...(number.serial + Int64(count) - 1), of: number.series, .released,
          reason: command.reason, at: now, rows: rows)
        endIfEmpty(lease, rows: rows)
        pool.counters.released += Int64(count)
        let answer = Released(time: now.wall, isReusable: pool.settings.reuse != .never)
        answers.append(contentsOf: repeatElement(answer, count: count))
      case .ended(let ended):
        var isRetired = false
        if case .returned(_, let retired, _) = ended.end { isRetired = retired }
        answers.append(Released(time: ended.ended, isReusable: !isRetired))
      }
    }
    return answers
  }
}
