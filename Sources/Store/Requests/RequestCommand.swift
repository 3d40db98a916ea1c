/// A call with a request id as one object that the writer decides: for what is called so often that a
/// task, a continuation and closures for each call would cost more than what is decided. What it means
/// is the same as that of `DurableStore.execute(request:)`.
///
/// A subclass says what takes effect, and what becomes of it. `takeEffect` and `keptAnswer` are called
/// on the writer's thread, `ended` once, on any thread.
// @unchecked: what a subclass keeps is its beginner's until `begin`, the writer's until `ended`.
open class RequestCommand: Command, @unchecked Sendable {
  /// What became of it.
  public enum Ending: Sendable {
    /// It took effect now, or was refused: the subclass knows.
    case decided
    /// It took effect before; this was kept of the answer.
    case repeated([UInt8])
    /// The id was used with another body. Nothing happened.
    case conflict
    /// The id carries its time (UUIDv7), and is older than what is remembered. Nothing happened.
    case tooOld
    /// Nothing happened, or, where the error says so, it isn't known.
    case failed(StoreError)
  }

  private let request: RequestKey
  private var hash: UInt64 = 0
  private var ending = Ending.failed(.cancelled)

  /// A call of `request` that writes about `rows` rows. It is dropped if it isn't decided by its
  /// deadline, on the scale of `DurableStore.boot`.
  public init(request: RequestKey, deadline: BootTime?, rows: Int) {
    self.request = request
    super.init(
      deadline: deadline, rows: request.requestID.isEmpty ? rows : rows + 1, isQuestion: false)
  }

  /// Decides, with an undo for every change, and keeps the outcome; false if it is a refusal, which
  /// changed nothing and isn't remembered. May run again if its batch was taken back.
  open func takeEffect(in batch: Batch) throws(StoreError) -> Bool {
    preconditionFailure("a subclass says what takes effect")
  }

  /// What is to be kept under the request id, right after it took effect.
  open var keptAnswer: [UInt8] { preconditionFailure("a subclass says what is kept") }

  /// It is over, and durable if it took effect.
  open func ended(_ ending: Ending) {
    preconditionFailure("a subclass says what becomes of it")
  }

  /// Ends it unless it is decided already. Any thread.
  public func withdraw() { cancel() }

  override final func decide(_ batch: Batch) throws(StoreError) {
    do throws(StoreError) {
      ending = try outcome(batch)
    } catch {
      ending = .failed(error)
      throw error
    }
  }

  private func outcome(_ batch: Batch) throws(StoreError) -> Ending {
    guard !request.requestID.isEmpty else {
      _ = try takeEffect(in: batch)
      return .decided
    }
    let requests = batch.requests
    switch try requests.look(request, hash: hash, batch) {
    case .known(let answer): return .repeated(answer)
    case .conflict: return .conflict
    case .tooOld: return .tooOld
    case .new:
      if try takeEffect(in: batch) {
        requests.record(request, hash: hash, keptAnswer, batch)
      }
      return .decided
    }
  }

  override final func publish() { ended(ending) }

  override final func fail(_ error: StoreError) { ended(.failed(error)) }

  fileprivate func queue(
    hashedBy key: SipHash, _ enqueue: (Command, _ caller: String) -> StoreError?
  ) {
    if !request.requestID.isEmpty {
      hash = key.hash(request)
    }
    guard queued() else { return fail(.cancelled) }
    if let error = enqueue(self, request.caller) { finish(error) }
  }
}

extension DurableStore {
  /// Has a command decided and committed; `ended` tells when it is durable. Once for each command.
  public func begin(_ command: RequestCommand) {
    command.queue(hashedBy: info.requestHashKey) { enqueue($0, caller: $1) }
  }
}

extension Batch {
  /// What is remembered of calls.
  var requests: RequestLog {
    let state = states[DurableStore.requestLogIndex] as AnyObject
    assert(state is RequestLog)
    return unsafeDowncast(state, to: RequestLog.self)
  }
}
