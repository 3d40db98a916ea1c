internal import Store

/// A form: what follows from the ledger up to a window's end and from one version of the policies. It is
/// computed anew whenever it is asked for, as nothing of what it follows from can change.
struct StockForm: Sendable, Equatable {
  var business: String
  var window: FormWindow
  var policiesVersion: Int64

  /// A good's line.
  struct Line: Sendable, Equatable {
    var good: String
    /// Its newest entry before the window's end; 0: none.
    var sequence: Int64
    var replenishment: Replenishment
  }

  /// The form of a window. `version` 0 is that of the policies at its end. Nil if they have no such version.
  init?(
    _ business: String, _ window: FormWindow, version: Int64, newest: Int64,
    _ connection: ReadConnection
  ) throws(StoreError) {
    guard (0...newest).contains(version) else { return nil }
    self.business = business
    self.window = window
    policiesVersion =
      version > 0
      ? version
      : try connection.newest(StockStatements.policiesBefore, of: business, before: window.end)
  }

  /// The newest entry of the business's ledger before the window's end.
  func ledgerSequence(_ connection: ReadConnection) throws(StoreError) -> Int64 {
    try connection.newest(StockStatements.markBefore, of: business, before: window.end)
  }

  /// Lines of goods after one of them, and behind which good the next page begins, if there is one. Looks
  /// at a bounded number of goods, so there may be fewer lines than asked for.
  func lines(
    after good: String, limit: Int, _ connection: ReadConnection
  ) throws(StoreError) -> (lines: [Line], next: String?) {
    var lines: [Line] = []
    var last = good
    var looked = 0
    while looked < StockLimits.rowsPerPage {
      let goods = try connection.goods(of: business, after: last, limit: limit + 1)
      for stored in goods {
        if let line = try line(of: stored.name, connection) {
          // The page is full, and here is one more.
          guard lines.count < limit else { return (lines, last) }
          lines.append(line)
        }
        last = stored.name
      }
      guard goods.count > limit else { return (lines, nil) }
      looked += goods.count
    }
    return (lines, last)
  }

  /// Nil if the policies don't have the good.
  func line(of good: String, _ connection: ReadConnection) throws(StoreError) -> Line? {
    guard let stored = try connection.policy(business, good, version: policiesVersion) else {
      return nil
    }
    let end = try connection.entry(of: good, business, before: window.end)
    let start = try connection.entry(of: good, business, before: window.start)
    var figures = end?.figures ?? StockFigures()
    figures.shipped -= start?.figures.shipped ?? 0
    return Line(
      good: good, sequence: end?.place.sequence ?? 0,
      replenishment: Replenishment(figures, window: window.length, stored.policy))
  }
}
