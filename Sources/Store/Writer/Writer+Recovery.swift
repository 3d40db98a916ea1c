internal import Glibc

/// What the writer does when storage doesn't.
extension Writer {
  /// Unwritable: refuse until a probe gets through, but for questions.
  func pause(_ error: StoreError) {
    _ = mode.happened(.unwritable)
    nextTry = .now + configuration.probeInterval
    let questions = refuseChanges(error)
    configuration.onEvent(.unwritable(error))
    answer(questions)
  }

  /// One more try, an interval after the last.
  func retry() {
    switch mode {
    case .probing: probe()
    case .recovering: reopen(unknown: nil, [])
    case .serving, .failed: break
    }
  }

  /// A commit of nothing but the marker: through it, commands are let in again.
  private func probe() {
    let buffer = RowBuffer(capacity: 256)
    var next = marker
    next.sequence += 1
    next.write(buffer)
    do throws(SQLiteFailure) {
      try beginOwned()
      try connection.execute(buffer)
      try connection.step(Self.commit)
    } catch {
      if !connection.isIdle { try? connection.step(Self.rollback) }
      switch error.kind {
      case .unwritable, .guilty:
        _ = mode.happened(.unwritable)
        nextTry = .now + configuration.probeInterval
      case .broken: recover(after: error.error, unknown: nil, [])
      case .corrupt, .overtaken: giveUp(error.error)
      }
      return
    }
    marker = next
    _ = mode.happened(.written)
    admit()
    configuration.onEvent(.writable)
  }

  /// Storage failed: nothing that is open is used again, and no sync is retried. Memory is thrown
  /// away and loaded from what is on disk; the marker there says what became of `commands`.
  func recover(after error: StoreError, unknown: BatchMarker?, _ commands: [Command]) {
    _ = mode.happened(.broken)
    refuse(.unavailable(.recovering))
    configuration.onEvent(.recovering(error))
    reopen(unknown: unknown, commands)
  }

  private func reopen(unknown: BatchMarker?, _ commands: [Command]) {
    batch.forget()
    batch.states = []
    states = []
    // All of them, so that the log's index in memory is made again from the log.
    readers.suspend()
    connection.close()
    while true {
      do throws(StoreError) {
        // With the lock the store may be another's, and the epoch on disk doesn't say whose.
        guard lock.isWhole else { throw .failed("its lock file was removed or replaced") }
        let loaded = try LoadedStore(
          configuration, clock: clock, feeds: feeds, states: types)
        resume(loaded, unknown: unknown, commands)
        return
      } catch {
        let event: WriterMode.Event =
          switch error {
          case .corrupt, .newerVersion, .failed: .corrupt
          case .storage: .broken
          default: .unwritable
          }
        guard mode.happened(event) == .reopenLater else {
          for command in commands { fail(command, error) }
          giveUp(error)
          return
        }
        pause(configuration.probeInterval)
      }
    }
  }

  private func resume(_ loaded: LoadedStore, unknown: BatchMarker?, _ commands: [Command]) {
    connection = loaded.connection
    batch.connection = loaded.connection
    states = loaded.states
    batch.states = loaded.states
    marker = loaded.marker
    wakes = WakeSchedule(count: states.count)
    let isCommitted = unknown.map { $0.names(loaded.found) } ?? false
    readers.resume()
    _ = mode.happened(.reopened)
    admit()
    for command in commands {
      if isCommitted { command.publish() } else { fail(command, .unavailable(.recovering)) }
    }
    configuration.onEvent(.recovered(batchCommitted: isCommitted))
  }

  func giveUp(_ error: StoreError) {
    batch.forget()
    if !connection.isIdle { try? connection.step(Self.rollback) }
    _ = mode.happened(.corrupt)
    let end: StoreError
    if case .failed = error { end = error } else { end = .failed(error.description) }
    refuse(end)
    readers.suspend()
    feeds.end(end)
    configuration.onEvent(.failed(error))
  }

  func pauseBriefly() { pause(.milliseconds(1)) }

  private func pause(_ duration: Duration) {
    usleep(UInt32(clamping: duration.wholeMicroseconds))
  }
}
