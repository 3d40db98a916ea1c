/// The writer: a thread with a connection that takes what is waiting, decides it, writes its rows
/// in one transaction, commits, and only then answers.
final class Writer: @unchecked Sendable {
  // `shared` is guarded by `monitor`; everything else is confined to the writer's thread.
  struct Shared {
    var queue: FairQueue<Command>
    /// Set: nothing is queued, everybody gets this.
    var refusal: StoreError?
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
  var times: StoreTimes
  var connection: SQLiteConnection
  var states: [any WriterState]
  var marker: BatchMarker
  var mode = WriterMode.serving
  let batch: Batch
  let noParameters = RowBuffer(capacity: 16)
  var wakes: WakeSchedule
  var pagesAtLastCheckpoint = 0

  static let begin = Statement("BEGIN IMMEDIATE")
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
      if let refusal = shared.refusal { return refusal }
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
      case .probing, .recovering: retry()
      case .failed: refuseAll(commands)
      }
    }
    finish()
  }

  /// Waits until there is something to do; what waits, fairly, and timed work behind it.
  private func take(into commands: inout [Command]) -> Bool {
    monitor.withLock {
      while true {
        if mode == .serving {
          while commands.count < configuration.batchCommands,
            let command = shared.queue.popFirst()
          {
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
        // In the other modes every return is one more try, an interval after the last.
        let limit: Duration?
        switch mode {
        case .serving: limit = wakes.next(states).map { max($0 - boot, .zero) }
        case .probing, .recovering: limit = configuration.probeInterval
        case .failed: limit = nil
        }
        shared.isSleeping = true
        monitor.wait(atMost: limit.map { min($0, .seconds(10)) })
        shared.isSleeping = false
        if mode != .serving, mode != .failed { return shared.isClosing }
      }
    }
  }

  /// From here on nothing is queued; what is queued fails too.
  func refuse(_ error: StoreError) {
    var waiting: [Command] = []
    monitor.withLock {
      shared.refusal = error
      while let command = shared.queue.popFirst() { waiting.append(command) }
    }
    for command in waiting { command.finish(error) }
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
    let closers = monitor.withLock {
      shared.isClosed = true
      defer { shared.closers = [] }
      return shared.closers
    }
    for closer in closers { closer.resume() }
  }
}
