/// What becomes of a batch that failed, by where it failed and how.
///
///               | begin           | rows              | commit
/// --------------|-----------------|-------------------|-------------------------------
/// guilty        | undo, split     | undo, split       | undo, split
/// unwritable    | fail all, probe | undo, fail, probe | undo, fail, probe
/// broken        | recover         | recover           | recover, the marker decides
/// corrupt       | give up         | give up           | give up
/// overtaken     | give up         | give up           | give up
///
/// A split tries the halves in order; a command that fails alone is the guilty one. An unwritable
/// COMMIT has written no whole commit that this process will ever read: the next one overwrites it.
enum BatchVerdict: Equatable {
  /// Undo, then decide the two halves one after another; alone, fail with the error.
  case split
  /// Undo, fail every command as unavailable, and probe until writing works again.
  case probe
  /// Close without a second fsync and read everything again from disk. The batch is lost.
  case recover
  /// The same, and the batch's marker on disk says whether it was committed.
  case recoverByMarker
  /// The store fails for good.
  case giveUp

  enum Stage: CaseIterable { case begin, rows, commit }

  init(_ kind: SQLiteFailure.Kind, at stage: Stage) {
    self =
      switch (kind, stage) {
      case (.guilty, _): .split
      case (.unwritable, _): .probe
      case (.broken, .commit): .recoverByMarker
      case (.broken, _): .recover
      case (.corrupt, _), (.overtaken, _): .giveUp
      }
  }
}
