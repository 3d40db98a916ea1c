import Store

@testable import Numbers

// What is read of the past at the end of a history: the life of each number, and the gap report.
extension HistoryRun {
  func pastDifferences() async throws -> [String] {
    var found: [String] = []
    for (business, pool) in model.pools {
      let scope = try await server.look { book, now, _ in try? book.scope(of: business, at: now) }
      guard let scope else { return ["\(business) has no past"] }
      let (lives, accounts) = try await server.store.read { (connection) throws(StoreError) in
        (
          try Self.lives(of: pool, connection, scope),
          try Self.accounts(of: Array(pool.lastMade.keys), connection, scope)
        )
      }
      found += lives
      var told: [NumberKey: SerialState] = [:]
      for (series, account) in accounts {
        found += account.contradictions.map { "\(business), \(series): \($0)" }
        for (serial, state) in account.states {
          var key = series
          key.serial = serial
          told[key] = state
        }
      }
      let expected = pool.serialStates
      for key in Set(told.keys).union(expected.keys) where told[key] != expected[key] {
        found.append(
          "\(business), \(key) is reported \(String(describing: told[key])), expected "
            + "\(String(describing: expected[key]))")
      }
    }
    return found
  }

  private static func lives(
    of pool: PoolModel, _ connection: ReadConnection, _ scope: HistoryScope
  ) throws(StoreError) -> [String] {
    var found: [String] = []
    for (key, number) in pool.numbers {
      guard let (edition, parsed) = try? scope.forms.identify(number.text) else {
        found.append("\(number.text) isn't a number of \(pool.business)")
        continue
      }
      let page = try LifeReading(connection: connection, scope: scope).page(
        of: number.text, edition: edition, serial: parsed, after: 0, count: longest)
      let events = (page?.events ?? []).map { $0.event.part(of: key) }
      let expected = pool.lives[key] ?? []
      if events != expected {
        let place = zip(events, expected).prefix { $0 == $1 }.count
        func event(of life: [NumberEvent]) -> String {
          place < life.count ? "\(life[place])" : "none"
        }
        found.append(
          "\(number.text), event \(place): \(event(of: events)), expected \(event(of: expected))")
      }
      if let page, page.isOlderLeftOut || page.hasMore {
        found.append("\(number.text): a part of its life is left out")
      }
    }
    return found
  }

  /// More events than a number has in a history.
  private static let longest = 1_000

  private static func accounts(
    of series: [NumberKey], _ connection: ReadConnection, _ scope: HistoryScope
  ) throws(StoreError) -> [(NumberKey, SerialAccount)] {
    var accounts: [(NumberKey, SerialAccount)] = []
    for key in series {
      let wanted = HistoryScope.Wanted(edition: key.edition, period: key.period)
      var runs: [SerialRun] = []
      var totals: SeriesTotals?
      var place: GapPage.Place? = GapPage.Place(series: 0, serial: 1)
      while let from = place {
        let page = try GapReading(connection: connection, scope: scope).page(
          of: [wanted], from: from, count: runsAPage)
        runs += page?.runs.map(\.run) ?? []
        totals = page?.series.first
        place = page?.next
      }
      if let totals { accounts.append((key, SerialAccount(totals, runs))) }
    }
    return accounts
  }

  /// So few that most reports have several pages.
  private static let runsAPage = 5
}

extension NumberEvent {
  /// Of one number, without what leads to the event before it.
  fileprivate func part(of key: NumberKey) -> NumberEvent {
    var event = self
    if (serial...max(serial, last)).contains(key.serial) {
      event.serial = key.serial
      event.last = key.serial
    }
    event.previous = 0
    event.renewal = 0
    return event
  }
}
