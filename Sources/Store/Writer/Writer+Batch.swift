/// Deciding and committing.
extension Writer {
  /// Settles every command: in one batch if it fits and nothing is wrong with it.
  func process(_ commands: ArraySlice<Command>) {
    var rest = commands
    while !rest.isEmpty {
      guard mode == .serving else {
        turnAway(rest, refusal)
        return
      }
      rest = rest.dropFirst(attempt(rest))
    }
  }

  /// Settles the first commands, and says how many.
  private func attempt(_ commands: ArraySlice<Command>) -> Int {
    do {
      try begin()
    } catch {
      settle(commands, failed: error, at: .begin)
      return commands.count
    }
    beginBatch()
    let (looked, decided) = decide(commands)
    do throws(StageFailure) {
      try commit(decided)
    } catch {
      settle(decided.map(\.command), failed: error.failure, at: error.stage)
      return looked
    }
    publish(decided)
    return looked
  }

  private func beginBatch() {
    let (now, wall) = times.advance()
    if let behind = times.newlyBehind { configuration.onEvent(.clockBehind(by: behind)) }
    batch.begin(now: now, wall: wall, boot: times.boot)
  }

  /// A command that was decided, and what it threw.
  private struct Decided {
    let command: Command
    var error: StoreError?
  }

  /// Waits a moment for the lock of another program; nobody else of ours writes.
  private func begin() throws(SQLiteFailure) {
    let limit = clock.boot() + configuration.busyWait
    while true {
      do throws(SQLiteFailure) {
        return try beginOwned()
      } catch {
        guard error.error == .unavailable(.busy), clock.boot() < limit else { throw error }
        pauseBriefly()
      }
    }
  }

  /// The last line of defence where the lock couldn't keep a second server out: of two, the older
  /// one must not decide anything, as it doesn't know what the newer has handed out.
  func beginOwned(_ statement: Statement = begin) throws(SQLiteFailure) {
    try connection.step(statement)
    var epoch: Int64?
    try connection.query(StoreSchema.readEpoch, noParameters) { row in
      epoch = row.integer(0)
      return false
    }
    guard epoch == marker.epoch else { throw .overtaken }
  }

  /// Decides commands until the batch is full; says how many it looked at, as some are over
  /// already.
  private func decide(_ commands: ArraySlice<Command>) -> (looked: Int, [Decided]) {
    var looked = 0
    var decided: [Decided] = []
    decided.reserveCapacity(commands.count)
    for command in commands {
      let isFull =
        batch.rows + command.rows > configuration.batchRows
        || batch.size > configuration.batchBytes
      if isFull, !decided.isEmpty { break }
      looked += 1
      guard command.take(at: batch.boot) else { continue }
      let mark = batch.mark
      do throws(StoreError) {
        try command.decide(batch)
        decided.append(Decided(command: command))
      } catch {
        decided.append(Decided(command: command, error: error))
        if !batch.rollback(to: mark) { batch.abandon(error) }
      }
      if batch.failure != nil { break }
    }
    return (looked, decided)
  }

  struct StageFailure: Error {
    let failure: SQLiteFailure
    let stage: BatchVerdict.Stage
  }

  private func commit(_ decided: [Decided]) throws(StageFailure) {
    if let failure = batch.failure { throw StageFailure(failure: failure, stage: .rows) }
    for state in states { state.willCommit(batch) }
    let isEmpty = batch.isEmpty
    do throws(SQLiteFailure) {
      if !isEmpty {
        next.write(batch.buffer)
        try batch.flush()
      }
    } catch {
      throw StageFailure(failure: error, stage: .rows)
    }
    if configuration.sabotage.publishBeforeCommit { for one in decided { one.command.publish() } }
    do throws(SQLiteFailure) {
      // Nothing to make durable: no sync either.
      try connection.step(isEmpty ? Self.rollback : Self.commit)
    } catch {
      throw StageFailure(failure: error, stage: .commit)
    }
    if !isEmpty { marker = next }
  }

  /// The marker of the batch in hand.
  private var next: BatchMarker {
    BatchMarker(
      epoch: marker.epoch, sequence: marker.sequence + 1, now: batch.now, boot: batch.boot)
  }

  private func publish(_ decided: [Decided]) {
    batch.forget()
    for state in states { state.didCommit() }
    for one in decided {
      one.command.publish()
      if let error = one.error, let wake = one.command as? Wake { failed(wake, error) }
    }
  }

  func fail(_ command: Command, _ error: StoreError) {
    if command.isTaken { command.fail(error) } else { command.finish(error) }
    if let wake = command as? Wake { failed(wake, error) }
  }

  /// Timed work is left alone for a while; that the store isn't writable was told already.
  private func failed(_ wake: Wake, _ error: StoreError) {
    wakes.failed(wake.index, at: times.boot)
    if case .unavailable = error { return }
    configuration.onEvent(.wakeFailed(capability: types[wake.index].capability, error))
  }

  /// What failed is taken back, and everyone in it gets an end.
  private func settle(
    _ commands: some Collection<Command>, failed failure: SQLiteFailure,
    at stage: BatchVerdict.Stage
  ) {
    switch BatchVerdict(failure.kind, at: stage) {
    case .split:
      takeBack()
      guard commands.count > 1 else {
        for command in commands { fail(command, failure.error) }
        return
      }
      let all = Array(commands)
      process(all[..<(all.count / 2)])
      process(all[(all.count / 2)...])
    case .probe:
      takeBack()
      pause(failure.error)
      turnAway(commands, failure.error)
    case .recover:
      for command in commands { fail(command, .unavailable(.recovering)) }
      recover(after: failure.error, unknown: nil, [])
    case .recoverByMarker:
      recover(after: failure.error, unknown: next, Array(commands))
    case .giveUp:
      for command in commands { fail(command, failure.error) }
      giveUp(failure.error)
    }
  }

  /// Nothing can be written: changes fail, questions are answered if there is anything to answer
  /// them from.
  private func turnAway(_ commands: some Collection<Command>, _ error: StoreError) {
    let isReadable = mode == .probing
    for command in commands where !(isReadable && command.isQuestion) { fail(command, error) }
    if isReadable { answer(commands.filter(\.isQuestion)) }
  }

  /// Answers questions while nothing can be written.
  func answer(_ questions: [Command]) {
    guard !questions.isEmpty else { return }
    do throws(SQLiteFailure) {
      try beginOwned(Self.beginReading)
      beginBatch()
      let (_, decided) = decide(questions[...])
      if let failure = batch.failure { throw failure }
      guard batch.isEmpty else { throw .command(.statement("a question has written rows")) }
      takeBack()
      for one in decided { one.command.publish() }
    } catch {
      takeBack()
      for question in questions { fail(question, error.error) }
      switch error.kind {
      case .unwritable, .guilty: break
      case .broken: recover(after: error.error, unknown: nil, [])
      case .corrupt, .overtaken: giveUp(error.error)
      }
    }
  }

  private func takeBack() {
    batch.rollback()
    if !connection.isIdle { try? connection.step(Self.rollback) }
  }
}
