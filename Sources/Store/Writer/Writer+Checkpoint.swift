/// When the log is copied into the database file: by the writer, between two batches, every 1,000
/// pages, without waiting for readers. It is the longest pause of all and so the p99.
///
/// Measured with 64 callers on 2 busy cores, in ms of p99: 14 to 28 with 1,000 pages, 28 to 45 with
/// 250 (four times as many syncs of the file), 12 to 23 with 4,000, but then 28 to 160 of p99.9.
/// Copying on a thread with a connection of its own was tried and left out: 12 to 130, since the
/// writer's sync of the log waits behind the other one's of the file, and while commits go on the
/// log is never copied whole, so that it grows until the writer has to finish it all the same.
extension Writer {
  func checkpointIfDue() {
    // Fewer than before: the log has begun anew.
    if connection.logPages < pagesAtLastCheckpoint { pagesAtLastCheckpoint = 0 }
    guard connection.logPages - pagesAtLastCheckpoint >= configuration.checkpointPages else {
      return
    }
    do throws(SQLiteFailure) {
      let progress = try WriteAheadLog.checkpoint(connection, mode: .passive)
      // Copied whole, the log starts again from its beginning with the next commit. A reader's
      // snapshot can hold that up; then it is tried again when as much has been added.
      let isWhole = progress.copiedPages == progress.logPages
      pagesAtLastCheckpoint = isWhole ? 0 : progress.logPages
      connection.logPages = pagesAtLastCheckpoint
    } catch {
      switch error.kind {
      case .unwritable, .guilty: pause(error.error)
      case .broken: recover(after: error.error, unknown: nil, [])
      case .corrupt, .overtaken: giveUp(error.error)
      }
    }
  }
}
