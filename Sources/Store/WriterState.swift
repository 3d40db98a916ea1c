/// What a capability keeps in the writer's memory. It lives on the writer's thread only.
///
/// Its memory is authoritative for what the writer owns: decisions read and change it, and give
/// `Batch.undo` the way back for every change. After a storage failure the object is dropped and
/// a new one is loaded from what is committed.
public protocol WriterState: AnyObject, SendableMetatype {
  /// The capability's name in the migration table.
  static var capability: String { get }
  /// All migrations, in order.
  static var migrations: [Migration] { get }
  /// Reads what is committed; in a transaction, before any command.
  init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError)
  /// Once a batch, after its last decision: the place for rows that are written once a batch, such
  /// as counters. What it changes in memory needs an undo as well.
  func willCommit(_ batch: Batch)
  /// The batch is durable; its effects may be shown to others.
  func didCommit()
  /// When `wake` wants to be called, or nil for never.
  var nextWake: BootTime? { get }
  /// Timed work in one small piece: expiry, filling ahead, pruning. It must move `nextWake` on
  /// (with an undo), or it is called again at once, behind what is in the foreground.
  func wake(_ batch: Batch) throws(StoreError)
}

extension WriterState {
  /// Nothing is written once a batch.
  public func willCommit(_ batch: Batch) {}
  /// Nothing to show.
  public func didCommit() {}
  /// No timed work.
  public var nextWake: BootTime? { nil }
  /// No timed work.
  public func wake(_ batch: Batch) throws(StoreError) {}
}

/// What a state may know of its store.
public struct StoreInfo: Sendable {
  /// Differs for every store that was ever made or restored; part of tokens and cursors.
  public let incarnation: UInt64
  /// Counts the openings of this store, from 1.
  public let epoch: Int64
  /// The store's time at the opening: at or after everything committed.
  public let now: Timestamp
  /// The store's boot time at the opening: where the last commit left it.
  public let boot: BootTime
  let configuration: StoreConfiguration
  let requestHashKey: SipHash
  let feedHub: FeedHub
}

/// A state that opens only with a batch in hand: `box[batch]`. May be kept and passed anywhere.
public struct WriterConfined<State: WriterState>: Sendable {
  let index: Int
  let store: ObjectIdentifier

  /// The state, during `batch`. Don't keep it.
  public subscript(batch: Batch) -> State {
    precondition(batch.store == store, "a batch of another store")
    let state = batch.states[index] as AnyObject
    assert(state is State)
    return unsafeDowncast(state, to: State.self)
  }
}
