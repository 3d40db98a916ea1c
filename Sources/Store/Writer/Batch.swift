/// A state's own notes of what it has changed.
public protocol UndoLog: AnyObject {
  /// Takes back the changes noted after there were `mark` of them, the last first.
  func undo(to mark: Int)
}

/// The transaction in the making: what decisions get. Valid during the call it is given to only,
/// on the writer's thread.
public final class Batch {
  /// The time of this batch: the wall clock, but never before an earlier batch's, whatever the wall
  /// clock does, also over restarts.
  public private(set) var now = Timestamp(microseconds: 0)
  /// What the wall clock itself shows: before `now` after a step back. For comparing with times of
  /// other clocks, and for showing; never for order.
  public private(set) var wall = Timestamp(microseconds: 0)
  /// The boot time of this batch, on the store's own scale.
  public private(set) var boot = BootTime(microseconds: 0)

  let store: ObjectIdentifier
  var states: [any WriterState] = []
  var connection: SQLiteConnection
  /// A failure that isn't the running command's own affair.
  private(set) var failure: SQLiteFailure?
  /// Rows were sent to the engine already, before the end of the batch.
  private(set) var hasFlushed = false
  /// Commit although no row was written.
  var mustCommit = false
  let buffer = RowBuffer()
  /// Rows on which no other row of the batch depends: they are executed behind them.
  let apart = RowBuffer()
  /// Bytes of rows that states are going to write once, for all commands of the batch.
  private var announcedBytes = 0
  private var undos: [Undo] = []

  private enum Undo {
    case body(() -> Void)
    case log(any UndoLog, mark: Int)

    func run() {
      switch self {
      case .body(let body): body()
      case .log(let log, let mark): log.undo(to: mark)
      }
    }
  }

  init(store: ObjectIdentifier, connection: SQLiteConnection) {
    self.store = store
    self.connection = connection
  }

  /// Appends a row for `statement`; rows are executed in the order of their writing, before COMMIT,
  /// those apart behind the others.
  public func write(_ statement: Statement, _ bind: (inout Row) -> Void) {
    (statement.isApart ? apart : buffer).appendRow(of: statement, bind)
  }

  /// So many bytes will be written in `willCommit`: a batch is bounded by what it writes.
  func announce(bytes: Int) { announcedBytes += bytes }

  /// Another capability's state, for what is decided in one transaction with it; nil if the store was
  /// opened without it.
  public func state<State: WriterState>(of type: State.Type) -> State? {
    for case let state as State in states { return state }
    return nil
  }

  /// How to take back a change of memory; run in reverse order if the command or its batch fails.
  public func undo(_ body: @escaping () -> Void) {
    undos.append(.body(body))
  }

  /// The same where a state notes its changes itself: `log` takes back those after `mark`. Costs no
  /// memory of its own, for what is done in every call.
  public func undo(_ log: any UndoLog, to mark: Int) {
    undos.append(.log(log, mark: mark))
  }

  /// For rare decisions that need SQL: sees everything written so far in this batch. A flush of
  /// what is pending comes first, so it costs the batch its grouping; not for hot paths.
  public func query(
    _ statement: Statement, bind: (inout Row) -> Void = { _ in },
    _ each: (borrowing ResultRow) throws(StoreError) -> Void
  ) throws(StoreError) {
    do {
      try flush()
    } catch {
      failure = error
      throw error.error
    }
    try queryCommitted(statement, bind: bind, each)
  }

  /// The same without the flush: for what can't be pending.
  func queryCommitted(
    _ statement: Statement, bind: (inout Row) -> Void,
    _ each: (borrowing ResultRow) throws(StoreError) -> Void
  ) throws(StoreError) {
    do {
      try connection.query(statement, bind: bind, each)
    } catch {
      switch error {
      case .caller(let error): throw error
      case .engine(let failed):
        if failed.kind != .guilty { failure = failed }
        throw failed.error
      }
    }
  }

  // MARK: - For the writer

  /// Where a command began.
  struct Mark {
    let rows: RowBuffer.Mark
    let rowsApart: RowBuffer.Mark
    let undos: Int
    let flushes: Int
    let announcedBytes: Int
  }

  private var flushes = 0

  func begin(now: Timestamp, wall: Timestamp, boot: BootTime) {
    self.now = now
    self.wall = wall
    self.boot = boot
    failure = nil
    hasFlushed = false
    mustCommit = false
    announcedBytes = 0
    forgetRows()
    undos.removeAll(keepingCapacity: true)
  }

  var mark: Mark {
    Mark(
      rows: buffer.mark, rowsApart: apart.mark, undos: undos.count, flushes: flushes,
      announcedBytes: announcedBytes)
  }

  /// Rows that wait, and what they take.
  var rows: Int { buffer.rows + apart.rows }
  var size: Int { buffer.size + apart.size + announcedBytes }

  /// Takes back one command. False if its rows have reached the engine: then only the whole batch
  /// can be taken back.
  func rollback(to mark: Mark) -> Bool {
    while undos.count > mark.undos, let undo = undos.popLast() { undo.run() }
    announcedBytes = mark.announcedBytes
    guard mark.flushes == flushes else { return false }
    buffer.truncate(to: mark.rows)
    apart.truncate(to: mark.rowsApart)
    return true
  }

  /// A command failed that can't be taken back alone.
  func abandon(_ error: StoreError) {
    failure = failure ?? .command(error)
  }

  /// Takes back everything in memory.
  func rollback() {
    while let undo = undos.popLast() { undo.run() }
    forgetRows()
  }

  /// The states themselves are gone, and what leads back in them is too.
  func forget() {
    undos.removeAll(keepingCapacity: true)
    forgetRows()
  }

  private func forgetRows() {
    buffer.removeAll()
    apart.removeAll()
  }

  /// Sends what is pending to the engine.
  func flush() throws(SQLiteFailure) {
    guard rows > 0 else { return }
    flushes += 1
    hasFlushed = true
    defer { forgetRows() }
    try connection.execute(buffer)
    try connection.execute(apart)
  }

  /// Nothing to commit.
  var isEmpty: Bool { !mustCommit && !hasFlushed && rows == 0 }
}
