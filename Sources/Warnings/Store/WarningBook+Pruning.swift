internal import Store

/// Where the pruning stands: it walks through the tables in the order of their keys, a few rows at a time.
struct WarningPruning: Sendable {
  enum Place: Sendable {
    case signals(business: String, kind: Int64, source: String, time: Int64)
    case warnings(after: Int64)
    case instructions(after: Int64)
  }

  static let beginning = Place.signals(business: "", kind: .min, source: "", time: .min)

  var place = Self.beginning
  var due: Int64

  init(opened boot: Int64) { due = boot + WarningLimits.pruningPause }
}

extension WarningBook {
  /// Looks at the next rows, if it is time.
  func prune(_ batch: Batch) throws(StoreError) {
    guard batch.boot.microseconds >= pruning.due else { return }
    let next: WarningPruning.Place?
    var isNewTable = true
    switch pruning.place {
    case .signals(let business, let kind, let source, let time):
      let last = try pruneSignals(business, kind, source, time, batch)
      isNewTable = last == nil
      next = last ?? .warnings(after: 0)
    case .warnings(let id):
      let last = try prune(
        WarningStatements.oldWarnings, WarningStatements.deleteWarning, after: id,
        newest: nextWarning - 1, batch)
      isNewTable = last == nil
      next = last.map { .warnings(after: $0) } ?? .instructions(after: 0)
    case .instructions(let id):
      let last = try prune(
        WarningStatements.oldInstructions, WarningStatements.deleteInstruction, after: id,
        newest: nextInstruction - 1, batch)
      next = last.map { .instructions(after: $0) }
      isNewTable = false
    }
    var after = pruning
    after.place = next ?? WarningPruning.beginning
    after.due =
      batch.boot.microseconds
      + (next == nil ? WarningLimits.pruningPause : isNewTable ? 0 : WarningLimits.pruningPace)
    set(\.pruning, after, batch)
  }

  private func pruneSignals(
    _ business: String, _ kind: Int64, _ source: String, _ time: Int64, _ batch: Batch
  ) throws(StoreError) -> WarningPruning.Place? {
    let cutoff = batch.now.microseconds - WarningLimits.signalsKept
    var rows = 0
    var old: [(String, Int64, String, Int64)] = []
    var last = (business, kind, source, time)
    try batch.query(
      WarningStatements.oldSignals,
      bind: { row in
        row.bind(business)
        row.bind(kind)
        row.bind(source)
        row.bind(time)
        row.bind(WarningLimits.rowsPerPruning)
      },
      { row in
        rows += 1
        last = (row.text(0), row.integer(1), row.text(2), row.integer(3))
        if last.3 < cutoff { old.append(last) }
      })
    for key in old {
      batch.write(WarningStatements.deleteSignal) { row in
        row.bind(key.0)
        row.bind(key.1)
        row.bind(key.2)
        row.bind(key.3)
      }
    }
    guard rows == WarningLimits.rowsPerPruning else { return nil }
    return .signals(business: last.0, kind: last.1, source: last.2, time: last.3)
  }

  /// The last id looked at, or nil at the table's end. The newest row stays: the next id follows it.
  private func prune(
    _ read: Statement, _ delete: Statement, after id: Int64, newest: Int64, _ batch: Batch
  ) throws(StoreError) -> Int64? {
    let cutoff = batch.now.microseconds - WarningLimits.endsKept
    var rows = 0
    var last = id
    var old: [Int64] = []
    try batch.query(
      read,
      bind: { row in
        row.bind(id)
        row.bind(WarningLimits.rowsPerPruning)
      },
      { row in
        rows += 1
        last = row.integer(0)
        if let ended = row.optionalInteger(1), ended < cutoff, last < newest { old.append(last) }
      })
    for id in old { batch.write(delete) { $0.bind(id) } }
    return rows == WarningLimits.rowsPerPruning ? last : nil
  }
}
