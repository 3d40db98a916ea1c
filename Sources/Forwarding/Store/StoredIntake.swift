internal import Numbers
internal import Store

/// An intake, and what of it isn't in rows yet.
final class StoredIntake {
  let intake: Intake
  /// Orders taken in the batch in hand, for the feed.
  private(set) var pending = VarintWriter()
  private(set) var pendingCount = 0
  /// When the book looks at it, boot time, µs, the next one last: what the heap has of it. An earlier look
  /// leaves the later ones where they are, so there is no new one for what a later one will see.
  var looks: [Int64] = []
  /// What came and went lately.
  var flow = FlowHistory()
  /// When to look next for orders that need not be kept, boot time, µs.
  var pruning: Int64 = .max
  /// Among those whose rows are written at the end of the batch.
  var isTouched = false

  init(_ intake: Intake) { self.intake = intake }

  /// Where a command began.
  struct Mark {
    var changes: Int
    var bytes: Int
    var count: Int
  }

  var mark: Mark {
    Mark(changes: intake.mark, bytes: pending.bytes.count, count: pendingCount)
  }

  func undo(to mark: Mark) {
    intake.undo(to: mark.changes)
    pending.truncate(to: mark.bytes)
    pendingCount = mark.count
  }

  /// Takes an order's bytes for the feed.
  func append(_ record: [UInt8], _ batch: Batch) {
    let isFull =
      pendingCount >= ForwardingLimits.ordersPerChunk
      || pending.bytes.count + record.count > ForwardingLimits.bytesPerChunk
    if isFull { flush(batch) }
    if pendingCount == 0 { pending.byte(OrderFeed.layout) }
    pending.raw(record)
    pendingCount += 1
  }

  /// Appends what is pending to the feed.
  func flush(_ batch: Batch) {
    guard pendingCount > 0 else { return }
    let (before, count) = (pending, pendingCount)
    batch.feeds.append(before.bytes, count: count, to: OrderFeed.key(intake.business), batch)
    pending = VarintWriter(capacity: before.bytes.count)
    pendingCount = 0
    batch.undo { [self] in
      pending = before
      pendingCount = count
    }
  }

  /// Writes the rows of what has changed.
  func write(_ batch: Batch) {
    flush(batch)
    if intake.isRowDirty { writeRow(batch) }
    for block in intake.places.dirty.sorted() {
      writePlaces(
        unit: 0, block: block, intake.places.bytes(ofBlock: block),
        versions: intake.versions.bytes(ofBlock: block), batch)
    }
    for unit in intake.units.values {
      for block in unit.queue.dirty.sorted() {
        writePlaces(
          unit: unit.id, block: block, unit.queue.bytes(ofBlock: block), versions: [], batch)
      }
      writeFailures(of: unit, batch)
    }
    for (sequence, versions) in intake.waiting.lookedUp.sorted(by: { $0.key < $1.key }) {
      writeGoods(versions, of: sequence, batch)
    }
  }

  func writeRow(_ batch: Batch) {
    var layouts = VarintWriter()
    for layout in intake.layouts {
      layouts.integer(UInt64(bitPattern: layout.from))
      layouts.integer(UInt64(layout.count))
    }
    batch.write(ForwardingStatements.putIntake) { row in
      row.bind(intake.business)
      row.bind(intake.settings.lanes)
      row.bind(intake.settings.window)
      row.bind(intake.settings.batchSize)
      row.bind(layouts.bytes)
      row.bind(intake.rulesVersion)
      row.bind(intake.nextUnit)
      row.bind(intake.settings.retention)
    }
  }

  private func writePlaces(
    unit: Int32, block: Int64, _ places: [UInt8], versions: [UInt8], _ batch: Batch
  ) {
    batch.write(ForwardingStatements.putPlaces) { row in
      row.bind(intake.business)
      row.bind(unit)
      row.bind(block)
      row.bind(places)
      row.bind(versions)
    }
  }

  /// Writes what the version of now changed of a unit: its codes before.
  func writeRuleChange(of unit: Int32, before codes: [ExactText], _ batch: Batch) {
    let version = intake.rulesVersion
    batch.write(ForwardingStatements.putRuleChange) { row in
      row.bind(intake.business)
      row.bind(version)
      row.bind(unit)
      row.bind(Self.bytes(of: codes))
    }
    batch.write(ForwardingStatements.deleteRuleChanges) { row in
      row.bind(intake.business)
      row.bind(version - ForwardingLimits.ruleChangesKept)
    }
  }

  private static func bytes(of codes: [ExactText]) -> [UInt8] {
    var writer = VarintWriter()
    for code in codes { writer.text(code.text) }
    return writer.bytes
  }

  func write(_ unit: ForwardUnit, _ batch: Batch) {
    batch.write(ForwardingStatements.putUnit) { row in
      row.bind(intake.business)
      row.bind(unit.id)
      row.bind(unit.name)
      row.bind(unit.created)
      row.bind(Self.bytes(of: unit.codes))
    }
  }

  func deleteRows(of unit: ForwardUnit, _ batch: Batch) {
    let statements = [ForwardingStatements.deleteUnit, ForwardingStatements.deletePlaces]
    for statement in statements + ConsumptionStatements.deleteAll {
      batch.write(statement) { row in
        row.bind(intake.business)
        row.bind(unit.id)
      }
    }
  }
}
