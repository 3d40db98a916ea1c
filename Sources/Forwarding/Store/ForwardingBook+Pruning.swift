internal import Store

extension ForwardingBook {
  /// Drops a piece of what an intake needs no longer, if it is time to look.
  func prune(_ stored: StoredIntake, _ batch: Batch) throws(StoreError) {
    let (intake, now) = (stored.intake, batch.boot.microseconds)
    guard stored.pruning <= now else { return }
    let before = stored.pruning
    batch.undo { stored.pruning = before }
    stored.pruning = now + ForwardingLimits.pruningPause
    let unfinished = intake.lookForUnfinished()
    guard unfinished > intake.floor else { return }
    let (oldest, mayHaveMore) = try batch.feeds.prune(
      OrderFeed.key(intake.business), through: unfinished - 1,
      olderThan: .microseconds(intake.settings.retention), batch)
    guard oldest > intake.floor else { return }
    if mayHaveMore { stored.pruning = now }
    kept -= Int(oldest - intake.floor)
    stored.deletePlaces(before: PlaceBlocks.block(of: oldest), batch)
    batch.write(ForwardingStatements.deleteOldGoods) { row in
      row.bind(intake.business)
      row.bind(oldest)
    }
    intake.raiseFloor(to: oldest)
  }
}

extension StoredIntake {
  /// There is something that won't be kept for ever.
  func startPruning(_ batch: Batch) {
    guard pruning == .max else { return }
    // If this is taken back, it costs one look.
    pruning = batch.boot.microseconds + ForwardingLimits.pruningPause
  }

  fileprivate func deletePlaces(before block: Int64, _ batch: Batch) {
    guard block > PlaceBlocks.block(of: intake.floor) else { return }
    for unit in [0] + intake.units.values.map(\.id) {
      batch.write(ForwardingStatements.deleteOldPlaces) { row in
        row.bind(intake.business)
        row.bind(unit)
        row.bind(block)
      }
    }
  }
}
