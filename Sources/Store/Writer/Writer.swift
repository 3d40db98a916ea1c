/// The writer: a thread with a connection that takes what is waiting, decides it, writes its rows
/// in one transaction, commits, and only then answers.
final class Writer: @unchecked Sendable {
  // `shared` is guarded by `monitor`; everything else is confined to the writer's thread.
  struct Shared {
    var queue: FairQueue<Command>
    /// Set: nothing is queued, everybody gets this.
    var refusal: StoreError?
    /// Questions are queued although `refusal` is set.
    var takesQuestions = false
    var isSleeping = false
    var isClosing = false
    var closers: [UnsafeContinuation<Void, Never>] = []
    var isClosed = false
  }

  let configuration: StoreConfiguration
  private let monitor = Monitor()
  private var shared: Shared

  let clock: any StoreClock
  let types: [any WriterState.Type]
  let readers: Readers
  let lock: StoreLock
  let feeds: FeedHub
  var times: StoreTimes
  var connection: SQLiteConnection
  var states: [any WriterState]
  var marker: BatchMarker
  var mode = WriterMode.serving
  let batch: Batch
  let noParameters = RowBuffer(capacity: 16)
  var wakes: WakeSchedule
  var pagesAtLastCheckpoint = 0
  /// When storage that couldn't be written is tried again.
  var nextTry = ContinuousClock.now

  static let begin = Statement("BEGIN IMMEDIATE")
  static let beginReading = Statement("BEGIN")
  static let commit = Statement("COMMIT")
  static let rollback = Statement("ROLLBACK")

  init(
    _ loaded: LoadedStore, store: ObjectIdentifier, types: [any WriterState.Type],
    clock: any StoreClock, times: StoreTimes, readers: Readers, lock: StoreLock
  ) {
    configuration = loaded.info.configuration
    shared = Shared(
      queue: FairQueue(
        limit: configuration.queuedCommands, limitPerCaller: configuration.queuedCommandsPerCaller))
    self.clock = clock
    self.types = types
    self.times = times
    self.readers = readers
    self.lock = lock
    feeds = loaded.info.feedHub
    connection = loaded.connection
    states = loaded.states
    marker = loaded.marker
    batch = Batch(store: store, connection: loaded.connection)
    batch.states = loaded.states
    wakes = WakeSchedule(count: loaded.states.count)
  }

  // MARK: - From any thread

  /// Why it can't be queued, or nil.
  func enqueue(_ command: Command, caller: String) -> StoreError? {
    monitor.withLock {
      if let refusal = shared.refusal, !(command.isQuestion && shared.takesQuestions) {
        return refusal
      }
      guard shared.queue.append(command, caller: caller) else { return .queueFull }
      if shared.isSleeping {
        shared.isSleeping = false
        monitor.signal()
      }
      return nil
    }
  }

  /// What everybody gets at the moment.
  var refusal: StoreError { monitor.withLock { shared.refusal } ?? .unavailable(.recovering) }

  var queued: Int { monitor.withLock { shared.queue.count } }

  /// Looks at the clock again.
  func nudge() {
    monitor.withLock {
      shared.isSleeping = false
      monitor.signal()
    }
  }

  /// Nothing new is taken, what is queued is done, and the thread ends.
  func close() async {
    await withUnsafeContinuation { continuation in
      let isClosed = monitor.withLock {
        shared.refusal = shared.refusal ?? .closed
        shared.takesQuestions = false
        shared.isClosing = true
        if !shared.isClosed { shared.closers.append(continuation) }
        monitor.signal()
        return shared.isClosed
      }
      if isClosed { continuation.resume() }
    }
  }

  // MARK: - The thread

  func run() {
    var commands: [Command] = []
    while true {
      commands.removeAll(keepingCapacity: true)
      let isClosing = take(into: &commands)
      if isClosing, commands.isEmpty { break }
      switch mode {
      case .serving:
        if !commands.isEmpty { process(commands[...]) }
        if mode == .serving { checkpointIfDue() }
      case .probing:
        answer(commands)
        if mode == .probing, nextTry <= .now { retry() }
      case .recovering: retry()
      case .failed: refuseAll(commands)
      }
    }
    finish()
  }

  /// Waits until there is something to do; what waits, fairly, and timed work behind it.
  private func take(into commands: inout [Command]) -> Bool {
    monitor.withLock {
      while true {
        if mode == .serving || mode == .probing {
          // No more than about a batch: timed work has its turn behind what is taken here.
          var rows = 0
          while commands.count < configuration.batchCommands, rows < configuration.batchRows,
            let command = shared.queue.popFirst()
          {
            rows += command.rows
            commands.append(command)
          }
        }
        if shared.isClosing { return true }
        let boot = times.boot
        if mode == .serving {
          let isBusy = shared.queue.count > 0
          commands.append(contentsOf: wakes.due(states, at: boot, foregroundIsBusy: isBusy))
          if !commands.isEmpty { return false }
        }
        if mode == .probing, !commands.isEmpty || nextTry <= .now { return false }
        // In the others every return is one more try, an interval after the last.
        let limit: Duration?
        switch mode {
        case .serving: limit = wakes.next(states).map { max($0 - boot, .zero) }
        case .probing: limit = ContinuousClock.now.duration(to: nextTry)
        case .recovering: limit = configuration.probeInterval
        case .failed: limit = nil
        }
        shared.isSleeping = true
        monitor.wait(atMost: limit.map { min($0, .seconds(10)) })
        shared.isSleeping = false
        if case .recovering = mode { return shared.isClosing }
      }
    }
  }

  /// From here on nothing is queued; what is queued fails too.
  func refuse(_ error: StoreError) {
    for command in shut(error, takesQuestions: false) { command.finish(error) }
  }

  /// From here on nothing but questions is queued; what else is queued fails. The questions among
  /// it.
  func refuseChanges(_ error: StoreError) -> [Command] {
    let waiting = shut(error, takesQuestions: true)
    for command in waiting where !command.isQuestion { command.finish(error) }
    return waiting.filter(\.isQuestion)
  }

  /// What was queued.
  private func shut(_ error: StoreError, takesQuestions: Bool) -> [Command] {
    var waiting: [Command] = []
    monitor.withLock {
      shared.refusal = error
      shared.takesQuestions = takesQuestions && !shared.isClosing
      while let command = shared.queue.popFirst() { waiting.append(command) }
    }
    return waiting
  }

  /// The queue is open again, unless the store is being closed.
  func admit() {
    monitor.withLock { shared.refusal = shared.isClosing ? .closed : nil }
  }

  private func refuseAll(_ commands: [Command]) {
    for command in commands { command.finish(.failed("stopped")) }
  }

  private func finish() {
    refuse(.closed)
    if mode == .serving { _ = try? WriteAheadLog.checkpoint(connection, mode: .truncate) }
    batch.states = []
    states = []
    connection.close()
    readers.close()
    lock.release()
    feeds.end(.closed)
    let closers = monitor.withLock {
      shared.isClosed = true
      defer { shared.closers = [] }
      return shared.closers
    }
    for closer in closers { closer.resume() }
  }
}
