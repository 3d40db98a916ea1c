internal import Store

/// Deletes the ends of numbers that are kept no longer: walks through the tables in the order of
/// their keys, a few rows at a time, so that neither a large table nor an index on time costs the
/// foreground anything.
final class NumberPruner {
  private struct Position {
    var table = 0
    var last = NumberKey(pool: .min, edition: .min, period: .min, serial: .min)
    var due: BootTime
  }

  private struct Table {
    var read: Statement
    var delete: Statement
  }

  private static let tables = [
    Table(read: NumberStatements.oldCompleted, delete: NumberStatements.deleteCompleted),
    Table(read: NumberStatements.oldReturned, delete: NumberStatements.deleteReturned),
  ]
  private static let pause = Duration.seconds(60)
  private static let pace = Duration.seconds(1)

  private var position: Position

  init(opened boot: BootTime) {
    position = Position(due: boot + Self.pause)
  }

  /// When it wants to go on.
  var due: BootTime { position.due }

  /// Looks at the next rows, if it is time.
  func prune(_ batch: Batch) throws(StoreError) {
    guard batch.boot >= position.due else { return }
    let before = position
    batch.undo { [self] in position = before }
    let cutoff = batch.now.microseconds - Limits.endKeptMicroseconds
    let table = Self.tables[position.table]
    var rows = 0
    var old: [NumberKey] = []
    var last = position.last
    try batch.query(
      table.read,
      bind: { row in
        row.bind(last.pool)
        row.bind(last.edition)
        row.bind(last.period)
        row.bind(last.serial)
        row.bind(Limits.rowsPerPruning)
      },
      { row in
        rows += 1
        last = NumberKey(
          pool: row.integer(0), edition: Int32(truncatingIfNeeded: row.integer(1)),
          period: Int32(truncatingIfNeeded: row.integer(2)), serial: row.integer(3))
        if row.bool(5), row.integer(4) < cutoff { old.append(last) }
      })
    for key in old {
      batch.write(table.delete) { row in
        row.bind(key.pool)
        row.bind(key.edition)
        row.bind(key.period)
        row.bind(key.serial)
      }
    }
    moveOn(rows == Limits.rowsPerPruning ? last : nil, found: !old.isEmpty, at: batch.boot)
  }

  private func moveOn(_ last: NumberKey?, found: Bool, at boot: BootTime) {
    if let last {
      position.last = last
      // Where there is one old row there are more: go on as soon as the foreground lets it.
      position.due = found ? boot : boot + Self.pace
      return
    }
    let next = position.table + 1
    position = Position(
      table: next < Self.tables.count ? next : 0,
      due: next < Self.tables.count ? boot + Self.pace : boot + Self.pause)
  }
}
