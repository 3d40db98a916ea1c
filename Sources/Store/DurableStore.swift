// Store: durable state behind a writer with group commit, readers, migrations.
//
// Imports CSQLite (in SQLite/ and ResultRow only) and CLinux; it knows no capability and no wire.
// Capabilities see statements, rows, batches and their own states. Another engine takes the place of
// SQLite/ behind Writer/, Readers and Batch, and nothing that a capability touches.

/// A store of durable state. Commands are decided and committed by one writer, in batches; reads
/// see what is committed.
public final class DurableStore: Sendable {
  private let writer: Writer
  let readers: Readers
  private let stateTypes: [any WriterState.Type]
  /// What is known since the opening.
  public let info: StoreInfo

  /// Differs for every store that was ever made or restored.
  public var incarnation: UInt64 { info.incarnation }

  /// Opens and, if there is none, makes the database; migrates it; loads the states in this order.
  /// Blocks while it does.
  public static func open(
    _ configuration: StoreConfiguration, clock: any StoreClock = SystemClock(),
    states: [any WriterState.Type]
  ) throws(StoreError) -> DurableStore {
    try DurableStore(configuration, clock: clock, states: states)
  }

  private init(
    _ configuration: StoreConfiguration, clock: any StoreClock, states: [any WriterState.Type]
  ) throws(StoreError) {
    let lock = try StoreLock(path: configuration.path)
    var configuration = configuration
    configuration.path = lock.databasePath
    let types = Self.ownStates + states
    let loaded = try LoadedStore(configuration, clock: clock, feeds: FeedHub(), states: types)
    let identity = StoreIdentity()
    let times = StoreTimes(
      clock: clock, committedNow: loaded.info.now, committedBoot: loaded.info.boot)
    stateTypes = types
    readers = Readers(configuration)
    info = loaded.info
    self.identity = identity
    openingTimes = times
    writer = Writer(
      loaded, store: ObjectIdentifier(identity), types: types, clock: clock, times: times,
      readers: readers, lock: lock)
    readers.start()
    let writer = writer
    WorkerThread(name: "ow-write") { writer.run() }.detach()
    let feeds = loaded.info.feedHub
    feeds.start(times)
    clock.onMove { [weak writer, weak feeds] in
      writer?.nudge()
      feeds?.nudge()
    }
  }

  /// Opened before any capability's, in this order.
  private static let ownStates: [any WriterState.Type] = [
    RequestLog.self, Heartbeat.self, FeedState.self,
  ]
  /// Where they are among them.
  static let requestLogIndex = 0
  static let feedStateIndex = 2

  private let identity: StoreIdentity
  private let openingTimes: StoreTimes

  /// Now on the scale of `Batch.boot`: for deadlines.
  public var boot: BootTime { openingTimes.boot }

  /// Commands that wait for their decision now.
  public var queuedCommands: Int { writer.queued }

  /// The box of a state given to `open`.
  public func state<State: WriterState>(of type: State.Type) -> WriterConfined<State> {
    guard let index = stateTypes.firstIndex(where: { $0 == type }) else {
      preconditionFailure("\(type) wasn't given to DurableStore.open")
    }
    return WriterConfined(index: index, store: ObjectIdentifier(identity))
  }

  /// Decides and commits a command; returns when it is durable.
  ///
  /// `caller` is for fairness. `rows` is about how many it writes. `decide` runs on the writer's
  /// thread, must not wait, and may run again if its batch had to be taken back: everything it
  /// changes has an undo, everything it needs is in the batch or its own. A refusal is a value that
  /// changed nothing; a throw takes the command back.
  public func execute<Value: Sendable>(
    caller: String, deadline: BootTime? = nil, rows: Int = 1,
    _ decide: @escaping @Sendable (Batch) throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    let command = Execution(deadline: deadline, rows: rows, decide)
    return try await command.run { writer.enqueue($0, caller: caller) }
  }

  /// Answers a question from the states as they are after everything that was acknowledged; also
  /// while storage can't be written.
  ///
  /// `caller` is for fairness. `answer` runs on the writer's thread, must not wait, and changes
  /// nothing: neither a state nor a row.
  public func ask<Value: Sendable>(
    caller: String, deadline: BootTime? = nil,
    _ answer: @escaping @Sendable (Batch) throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    let command = Execution(deadline: deadline, rows: 0, isQuestion: true, answer)
    return try await command.run { writer.enqueue($0, caller: caller) }
  }

  /// The same as `execute` with a request id: effect and id are one transaction, a repeat gets the first answer,
  /// also one that comes while the first is in flight, and after a restart. Refusals aren't
  /// remembered. An empty id is no id.
  public func execute<Value: Sendable>(
    request: RequestKey, deadline: BootTime? = nil, rows: Int = 1,
    encode: @escaping @Sendable (Value) -> [UInt8],
    decode: @Sendable ([UInt8]) throws -> Value,
    isRefusal: @escaping @Sendable (Value) -> Bool,
    _ decide: @escaping @Sendable (Batch) throws(StoreError) -> Value
  ) async throws(StoreError) -> Answer<Value> {
    let command = AwaitedRequest(
      request: request, deadline: deadline, rows: rows, encode: encode, isRefusal: isRefusal, decide
    )
    switch await command.run(in: self) {
    case .decided(let value): return .fresh(value)
    case .ended(.conflict): return .conflict
    case .ended(.tooOld): return .tooOld
    case .ended(.repeated(let answer)):
      do { return .repeated(try decode(answer)) } catch {
        throw .corrupt("a kept answer can't be read: \(error)")
      }
    case .ended(.failed(let error)): throw error
    case .ended(.decided): throw .failed("a decision without an outcome")
    }
  }

  /// Why it can't be queued, or nil.
  func enqueue(_ command: Command, caller: String) -> StoreError? {
    writer.enqueue(command, caller: caller)
  }

  /// Reads one snapshot of what is committed, on a reader's thread.
  public func read<Value: Sendable>(
    caller: String = "", _ body: @escaping @Sendable (ReadConnection) throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    try await readers.read(caller: caller, body)
  }

  /// Takes nothing new, finishes what is queued, and closes the database.
  public func close() async { await writer.close() }
}

/// What makes a batch of one store differ from another's.
private final class StoreIdentity: Sendable {}
