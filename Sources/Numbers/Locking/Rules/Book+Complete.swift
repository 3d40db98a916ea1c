/// Asks for numbers to be completed.
struct CompleteCommand: Sendable {
  struct Item: Sendable {
    var number: String
    var token: TokenValue?
    /// Nil: only counted.
    var amount: Amount?
  }

  struct Amount: Sendable, Equatable {
    var currency: String
    var minor: Int64
  }

  var business: String
  var caller: Caller
  var items: [Item]
}

extension Book {
  /// Completes all numbers of a call or none, and says when each was completed (µs, wall clock).
  func complete(
    _ command: CompleteCommand, at now: Moment, rows: any NumberRows
  ) throws(Refusal) -> [Int64] {
    guard (1...Limits.numbersPerCall).contains(command.items.count) else {
      throw .numbersOutOfRange
    }
    let pool = try pool(of: command.business)
    try check(command.caller)
    var found: [Found] = []
    found.reserveCapacity(command.items.count)
    var sums = AmountSums(pool.amounts)
    var seen = Distinct(count: command.items.count)
    for (place, item) in command.items.enumerated() {
      let number = try find(
        item.number, item.token, command.caller, place: place, in: pool, rows: rows)
      guard seen.insert(item.number) else { throw .numberTwice(place) }
      switch number {
      case .live: try sums.add(item.amount, place: place)
      case .ended(let ended): try checkRepeated(ended, item.amount, place: place)
      }
      found.append(number)
    }

    touch(pool, at: now, rows: rows)
    var times: [Int64] = []
    times.reserveCapacity(found.count)
    while times.count < found.count {
      let place = times.count
      switch found[place] {
      case .live(let number):
        let amount = command.items[place].amount
        let count = command.items[place..<(place + stretch(of: found[place...]))]
          .prefix { $0.amount == amount }.count
        finish(
          number.serial...(number.serial + Int64(count) - 1), of: number.series, amount, in: pool,
          at: now, rows: rows)
        times.append(contentsOf: repeatElement(now.wall, count: count))
      case .ended(let ended): times.append(ended.ended)
      }
    }
    return times
  }

  /// A number that is completed is completed again only by a repetition of the same call.
  private func checkRepeated(
    _ ended: EndedNumber, _ amount: CompleteCommand.Amount?, place: Int
  ) throws(Refusal) {
    switch ended.end {
    case .completed(let currency, let minor):
      let same =
        ExactText(currency) == ExactText(amount?.currency ?? "") && minor == amount?.minor ?? 0
      guard same else { throw .completedDifferently(place) }
    case .returned(.released, _, _): throw .numberReleased(place)
    case .returned(.expired, _, _): throw .numberExpired(place)
    }
  }

  /// Completes numbers of one lock, each with this amount.
  private func finish(
    _ serials: ClosedRange<Int64>, of index: Int32, _ amount: CompleteCommand.Amount?,
    in pool: Pool, at now: Moment, rows: any NumberRows
  ) {
    guard let series = series[index], let lock = remove(serials, of: series, rows: rows) else {
      return
    }
    var ended = ended(
      lock, .completed(currency: amount?.currency ?? "", amountMinor: amount?.minor ?? 0), at: now)
    ended.event = recordEnd(of: lock, ended.end, in: pool, at: now)
    endIfEmpty(lock.lease, rows: rows)
    rows.insertCompleted(key(series, lock.last), ended, count: lock.count)
    pool.counters.completed += lock.count
    touch(series)
    series.counts.completed += lock.count
    add(amount, times: lock.count, to: pool)
  }

  /// Adds what numbers were completed with, each of them, to the sum of its currency.
  func add(_ amount: CompleteCommand.Amount?, times count: Int64 = 1, to pool: Pool) {
    guard let amount else { return }
    let before = pool.amounts[amount.currency]
    undoLog.append(.amount(pool, amount.currency, before))
    pool.amounts[amount.currency] = (before ?? 0) + amount.minor * count
    pool.dirtyAmounts.insert(amount.currency)
  }
}

/// Adds up the amounts of a call before anything is changed, so that no sum can overflow later.
struct AmountSums {
  private let before: [String: Int64]
  /// A call has few currencies, most have one.
  private var after: [(currency: String, sum: Int64)] = []
  private var newCurrencies = 0

  init(_ before: [String: Int64]) {
    self.before = before
  }

  mutating func add(_ amount: CompleteCommand.Amount?, place: Int) throws(Refusal) {
    guard let amount else { return }
    let code = amount.currency.utf8
    guard code.count == 3, code.allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) })
    else { throw .currencyInvalid(place) }
    guard amount.minor >= 0 else { throw .amountNegative(place) }
    let index = try index(of: amount.currency, place: place)
    let (sum, overflow) = after[index].sum.addingReportingOverflow(amount.minor)
    guard !overflow else { throw .amountOverflow(place) }
    after[index].sum = sum
  }

  private mutating func index(of currency: String, place: Int) throws(Refusal) -> Int {
    if let index = after.firstIndex(where: { $0.currency == currency }) { return index }
    let known = before[currency]
    if known == nil {
      guard before.count + newCurrencies < Limits.currenciesPerPool else {
        throw .currenciesExhausted(place)
      }
      newCurrencies += 1
    }
    after.append((currency, known ?? 0))
    return after.count - 1
  }
}

/// Finds a number that a call names twice; a call that names one pays nothing.
struct Distinct {
  private var seen: Set<ExactText> = []
  private let isNeeded: Bool

  init(count: Int) {
    isNeeded = count > 1
    if isNeeded { seen.reserveCapacity(count) }
  }

  mutating func insert(_ number: String) -> Bool {
    !isNeeded || seen.insert(ExactText(number)).inserted
  }
}
