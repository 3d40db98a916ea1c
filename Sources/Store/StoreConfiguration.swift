/// Where a store lies and its limits.
public struct StoreConfiguration: Sendable {
  /// The database file; its folder must exist.
  public var path: String
  /// Commands decided and committed together at most; 1 for measuring what batching gives.
  public var batchCommands = 256
  /// Rows written together at most: keeps the longest commit, and so everyone's wait, short.
  public var batchRows = 16_384
  /// Bytes of rows written together at most.
  public var batchBytes = 8 << 20
  /// Commands that may wait.
  public var queuedCommands = Self.mostQueuedCommands
  /// Commands of one caller that may wait.
  public var queuedCommandsPerCaller = 8_192
  /// Threads that read.
  public var readers = 2
  /// Reads that may wait.
  public var queuedReads = 4_096
  /// A read that takes longer is broken off: a snapshot that is held keeps the log from being
  /// reused.
  public var readTimeLimit = Duration.seconds(10)
  /// Readers that may follow feeds at a time: each is a stream that somebody keeps open.
  public var feedReaders = Self.mostFeedReaders
  /// How long a request id is remembered.
  public var requestWindow = Duration.seconds(24 * 60 * 60)
  /// Request ids found in memory; older ones are moved to an index on disk. 8 to 16 bytes each.
  public var requestIDsInMemory = 4_000_000
  /// Answers kept in memory for repeats that come soon.
  public var recentAnswers = 1_024
  /// Pages of log after which it is copied into the database file.
  public var checkpointPages = 1_000
  /// How long a transaction waits for the lock of another program before its batch is failed.
  public var busyWait = Duration.milliseconds(250)
  /// How often an unwritable store is tried again.
  public var probeInterval = Duration.milliseconds(250)
  /// Told of what an operator wants to know; called on the store's threads, must not block.
  public var onEvent: @Sendable (StoreEvent) -> Void = { _ in }

  /// What a queue may be made to hold: its commands are all in memory.
  public static let mostQueuedCommands = 16_384

  /// As many as calls may run on one loop.
  public static let mostFeedReaders = 10_000

  /// An SQLite database at `path`.
  public init(path: String) { self.path = path }

  /// The SQLite VFS to use, for tests; nil is the default one.
  package var vfs: String?
  /// What tests switch off to show that they would notice.
  package var sabotage = Sabotage()
}

/// Promises broken on purpose, to prove that the tests see it. Never set outside of tests.
package struct Sabotage: Sendable {
  /// `PRAGMA synchronous = OFF`.
  package var synchronousOff = false
  /// Callers get their answers before COMMIT.
  package var publishBeforeCommit = false

  package init() {}
}

/// What an operator wants to know.
public enum StoreEvent: Sendable, Equatable {
  /// Writing isn't possible at the moment; the store tries again by itself.
  case unwritable(StoreError)
  /// Writing is possible again.
  case writable
  /// Storage failed; everything is read again from disk.
  case recovering(StoreError)
  /// The recovery is done; whether the batch in flight had been committed.
  case recovered(batchCommitted: Bool)
  /// Timed work of a capability failed and is tried again later.
  case wakeFailed(capability: String, StoreError)
  /// The wall clock is this far behind times that the store has given out already; until it is there
  /// again the store's time stands still. Told once each time.
  case clockBehind(by: Duration)
  /// The end: the process should exit with an error.
  case failed(StoreError)
}
