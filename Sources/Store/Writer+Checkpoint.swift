/// When the log is copied into the database file.
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
      case .corrupt: giveUp(error.error)
      }
    }
  }
}
