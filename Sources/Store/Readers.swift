internal import Glibc

/// Threads with connections of their own that see only what is committed.
final class Readers: @unchecked Sendable {
  // Everything mutable is guarded by `monitor`.
  typealias Job = @Sendable (Result<ReadConnection, StoreError>) -> Void

  private let configuration: StoreConfiguration
  private let monitor = Monitor()
  private var queue: FairQueue<Job>
  private var refusal: StoreError?
  private var threads: [WorkerThread] = []
  private var isSuspended = false
  private var isClosing = false
  private var open = 0
  /// Threads that haven't tried to open their connection yet.
  private var starting = 0
  private var running: [SQLiteConnection] = []

  init(_ configuration: StoreConfiguration) {
    self.configuration = configuration
    queue = FairQueue(
      limit: configuration.queuedReads, limitPerCaller: configuration.queuedReads / 2)
  }

  /// Returns when every thread has its connection, if it can have one: opened only for the first
  /// read, it might come when storage has become read-only, and its files couldn't be opened.
  func start() {
    starting = configuration.readers
    threads = (0..<configuration.readers).map { number in
      WorkerThread(name: "ow-read-\(number)") { self.run() }
    }
    monitor.withLock { while starting > 0 { monitor.wait(atMost: nil) } }
  }

  /// Reads one snapshot of what is committed, on one of the threads.
  func read<Value: Sendable>(
    caller: String, _ body: @escaping @Sendable (ReadConnection) throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    let outcome: Result<Value, StoreError> = await withUnsafeContinuation { continuation in
      let refusal = enqueue(caller: caller) { connection in
        let outcome: Result<Value, StoreError>
        do throws(StoreError) {
          outcome = .success(try body(try connection.get()))
        } catch {
          outcome = .failure(error)
        }
        continuation.resume(returning: outcome)
      }
      if let refusal { continuation.resume(returning: .failure(refusal)) }
    }
    return try outcome.get()
  }

  /// How many threads there are.
  var count: Int { configuration.readers }

  /// Why it can't be queued, or nil.
  func enqueue(caller: String, _ job: @escaping Job) -> StoreError? {
    monitor.withLock {
      if let refusal { return refusal }
      guard queue.append(job, caller: caller) else { return .queueFull }
      monitor.broadcast()
      return nil
    }
  }

  /// Closes every connection, running reads are broken off; returns when it is done.
  func suspend() {
    monitor.withLock {
      isSuspended = true
      refusal = refusal ?? .unavailable(.recovering)
      interrupt()
      while open > 0 { monitor.wait(atMost: nil) }
    }
  }

  func resume() {
    monitor.withLock {
      isSuspended = false
      refusal = isClosing ? .closed : nil
      monitor.broadcast()
    }
  }

  /// What waits is failed, the threads end.
  func close() {
    monitor.withLock {
      isClosing = true
      refusal = .closed
      interrupt()
      monitor.broadcast()
    }
    for thread in threads { thread.join() }
    threads = []
  }

  private func interrupt() {
    for connection in running { connection.interrupt() }
    monitor.broadcast()
  }

  private enum Step { case end, closeConnection, job(Job) }

  private func next(isOpen: Bool) -> Step {
    monitor.withLock {
      while true {
        if isSuspended, isOpen { return .closeConnection }
        if isClosing { return .end }
        if !isSuspended, let job = queue.popFirst() {
          if !isOpen { open += 1 }
          return .job(job)
        }
        monitor.wait(atMost: nil)
      }
    }
  }

  private func run() {
    var connection: SQLiteConnection?
    if reserve() { perform({ _ in }, &connection) }
    monitor.withLock {
      starting -= 1
      monitor.broadcast()
    }
    while true {
      switch next(isOpen: connection != nil) {
      case .end:
        connection?.close()
        drain()
        return
      case .closeConnection:
        connection?.close()
        connection = nil
        monitor.withLock {
          open -= 1
          monitor.broadcast()
        }
      case .job(let job):
        perform(job, &connection)
      }
    }
  }

  private func perform(_ job: Job, _ connection: inout SQLiteConnection?) {
    do throws(StoreError) {
      let opened: SQLiteConnection
      if let connection {
        opened = connection
      } else {
        opened = try openOne()
        connection = opened
      }
      // Suspended since this was taken: an interrupt would have come too early for it.
      if let refusal = start(on: opened) { throw refusal }
      defer { monitor.withLock { running.removeAll { $0 === opened } } }
      try opened.snapshot(limit: configuration.readTimeLimit) { job(.success($0)) }
    } catch {
      job(.failure(error))
    }
  }

  private func start(on connection: SQLiteConnection) -> StoreError? {
    monitor.withLock {
      if isSuspended || isClosing { return refusal }
      running.append(connection)
      return nil
    }
  }

  /// Counts a connection as open, if one may be opened now.
  private func reserve() -> Bool {
    monitor.withLock {
      if isSuspended || isClosing { return false }
      open += 1
      return true
    }
  }

  /// It is counted as open already.
  private func openOne() throws(StoreError) -> SQLiteConnection {
    do throws(StoreError) {
      return try SQLiteOpening.reader(configuration)
    } catch {
      monitor.withLock {
        open -= 1
        monitor.broadcast()
      }
      throw error
    }
  }

  private func drain() {
    while let job = monitor.withLock({ queue.popFirst() }) { job(.failure(.closed)) }
  }
}
