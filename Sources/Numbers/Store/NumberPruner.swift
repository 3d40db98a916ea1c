internal import Store

/// Deletes the ends of numbers that are kept no longer, after it has noted in blocks what became of
/// them. It walks through the tables in the order of their keys, a few rows at a time, so that
/// neither a large table nor an index on time costs the foreground anything.
///
/// Serials are completed about in their order, so what is old comes first in its series. Where much
/// of a series was young in a row it goes on with the next one; a whole round now and then finds what
/// that leaves behind.
final class NumberPruner {
  private struct Position {
    var table = 0
    var last = NumberKey(pool: .min, edition: .min, period: .min, serial: .min)
    /// Looks in a row at one series that found nothing.
    var young = 0
    var round = 0
    var due: BootTime
  }

  private struct Table {
    var read: Statement
    var delete: Statement
  }

  /// A number that ended long ago, or several that follow one another: a row.
  private struct Old {
    /// The last of them.
    var key: NumberKey
    var count: Int64
    var state: SerialState

    var serials: ClosedRange<Int64> { (key.serial - count + 1)...key.serial }
  }

  private static let tables = [
    Table(read: HistoryStatements.oldCompleted, delete: HistoryStatements.deleteCompleted),
    Table(read: HistoryStatements.oldReturned, delete: NumberStatements.deleteReturned),
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
    let table = Self.tables[position.table]
    var rows = 0
    var numbers: Int64 = 0
    var old: [Old] = []
    var last = position.last
    try batch.query(
      table.read,
      bind: { row in
        bind(last, &row)
        row.bind(Limits.rowsPerPruning)
      },
      { row in
        guard numbers < Limits.numbersPerPruning else { return }
        rows += 1
        numbers += row.integer(8)
        last = NumberKey(
          pool: row.integer(0), edition: Int32(truncatingIfNeeded: row.integer(1)),
          period: Int32(truncatingIfNeeded: row.integer(2)), serial: row.integer(3))
        guard row.bool(5), row.integer(4) < batch.now.microseconds - row.integer(7) else { return }
        let cause = ReturnCause(rawValue: Int32(truncatingIfNeeded: row.integer(6)))
        old.append(
          Old(
            key: last, count: row.integer(8),
            state: cause.map { SerialState(returned: $0, isRetired: true) } ?? .completed))
      })
    try settle(old, batch)
    for number in old { batch.write(table.delete) { bind(number.key, &$0) } }
    let isMore = rows == Limits.rowsPerPruning || numbers >= Limits.numbersPerPruning
    moveOn(isMore ? last : nil, found: !old.isEmpty, at: batch.boot)
  }

  /// Notes what became of numbers in the blocks of their serials.
  private func settle(_ old: [Old], _ batch: Batch) throws(StoreError) {
    var rest = old[...]
    while let first = rest.first {
      var key = first.key
      key.serial = SettledBlock.number(of: first.serials.lowerBound)
      var block: SettledBlock?
      try batch.query(HistoryStatements.settled, bind: { bind(key, &$0) }) { row in
        block = SettledBlock(row.bytes(0))
      }
      var states = block ?? SettledBlock()
      while let next = rest.first, Self.isSame(next, key) {
        let end = min(next.key.serial, (key.serial + 1) * SettledBlock.serials - 1)
        for serial in next.serials.lowerBound...end { states[serial] = next.state }
        if end == next.key.serial {
          rest = rest.dropFirst()
        } else {
          // What is left of it begins the next block.
          rest[rest.startIndex].count = next.key.serial - end
          break
        }
      }
      batch.write(HistoryStatements.putSettled) { row in
        bind(key, &row)
        row.bind(states.bytes)
      }
    }
  }

  /// Whether a row begins in the block that `block` names by its number.
  private static func isSame(_ old: Old, _ block: NumberKey) -> Bool {
    old.key.pool == block.pool && old.key.edition == block.edition
      && old.key.period == block.period
      && SettledBlock.number(of: old.serials.lowerBound) == block.serial
  }

  private func bind(_ key: NumberKey, _ row: inout Row) {
    row.bind(key.pool)
    row.bind(Int64(key.edition))
    row.bind(Int64(key.period))
    row.bind(key.serial)
  }

  private func moveOn(_ last: NumberKey?, found: Bool, at boot: BootTime) {
    if let last {
      let isSameSeries =
        last.pool == position.last.pool && last.edition == position.last.edition
        && last.period == position.last.period
      position.young = found ? 0 : isSameSeries ? position.young + 1 : 1
      position.last = last
      let isWholeRound = position.round % Limits.roundsPerWholeRound == 0
      if position.young >= Limits.youngLooks, !isWholeRound { position.last.serial = .max }
      // Where there is one old row there are more: go on as soon as the foreground lets it.
      position.due = found ? boot : boot + Self.pace
      return
    }
    let isRoundOver = position.table + 1 == Self.tables.count
    position = Position(
      table: isRoundOver ? 0 : position.table + 1,
      round: isRoundOver ? position.round + 1 : position.round,
      due: boot + (isRoundOver ? Self.pause : Self.pace))
  }
}
