/// What is to be known of a pool to read its past.
struct HistoryScope: Sendable {
  var business: String
  var pool: Int64
  var zone: TimeZoneRules
  /// Of all templates it has or had, the present one last.
  var forms: [NumberForm]
  /// The highest period that each template has made numbers in, as far as it is in memory.
  var lastPeriods: [Int32]
  /// The period that numbers would be made in now, by the present template.
  var presentPeriod: Int32
  /// Wall clock, µs.
  var now: Int64
}

extension Book {
  func scope(of business: String, at now: Moment) throws(Refusal) -> HistoryScope {
    let pool = try pool(of: business)
    let present = pool.editions[pool.editions.count - 1]
    return HistoryScope(
      business: business, pool: pool.id, zone: pool.zone, forms: pool.editions.map(\.form),
      lastPeriods: pool.editions.map(\.highestPeriod),
      presentPeriod: present.period(at: pool.generationMoment(now)), now: now.wall)
  }
}

extension HistoryScope {
  /// A series that is asked for.
  struct Wanted: Equatable, Sendable {
    var edition: Int32
    var period: Int32
  }

  /// The period that is meant, and the series of it. `template` is one of them, or empty for all;
  /// an empty `period` is the present one, or the last one of the template.
  func wanted(
    period: String, template: String
  ) throws(Refusal) -> (period: String, series: [Wanted]) {
    var editions = Array(forms.indices)
    var text = period
    if !template.isEmpty {
      editions = editions.filter { ExactText(forms[$0].template.text) == ExactText(template) }
      guard let last = editions.last else { throw .templateNotFound }
      if text.isEmpty { text = forms[last].period.text(max(0, lastPeriods[last])) }
    } else if text.isEmpty, let present = forms.last {
      text = present.period.text(presentPeriod)
    }
    var isPeriod = false
    let series = editions.compactMap { edition -> Wanted? in
      guard let number = forms[edition].period.number(of: text) else { return nil }
      isPeriod = true
      return Wanted(edition: Int32(edition), period: number)
    }
    guard isPeriod else { throw .periodInvalid }
    return (text, series)
  }
}

extension SerialPeriod {
  /// The period that `text` shows it to be; nil where it shows none of this kind.
  func number(of text: String) -> Int32? {
    let parts =
      text.isEmpty
      ? [] : text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    let numbers = parts.compactMap { decimal($0) }
    guard numbers.count == parts.count, text.utf8.count <= 10 else { return nil }
    var civil = CivilTime(year: 0, month: 1, day: 1)
    switch (self, numbers.count) {
    case (.never, 0): return 0
    case (.yearly, 1): civil.year = numbers[0]
    case (.monthly, 2): (civil.year, civil.month) = (numbers[0], numbers[1])
    case (.daily, 3): (civil.year, civil.month, civil.day) = (numbers[0], numbers[1], numbers[2])
    default: return nil
    }
    guard (1...12).contains(civil.month), (1...31).contains(civil.day) else { return nil }
    let number = number(of: civil)
    // "2026-2-30", "02026": only what this server shows.
    return self.text(number) == text ? number : nil
  }
}
