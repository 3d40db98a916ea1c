internal import Synchronization

/// One command on its way through the writer. Outside of the store only `RequestCommand` is subclassed.
///
/// phase     | event      | then                                   | phase
/// ----------|------------|----------------------------------------|----------
/// new       | queued     |                                        | waiting
/// new       | cancel     | the caller isn't queued, gets cancelled | finished
/// waiting   | take       | the writer decides it                  | taken
/// waiting   | cancel     | the caller gets cancelled at once       | finished
/// waiting   | expired    | the caller gets deadlineExceeded        | finished
/// taken     | cancel     | nothing: it commits                    | taken
/// finished  | take       | the writer skips it                    | finished
open class Command: @unchecked Sendable {
  // The phase is atomic; everything else is the caller's while new, the writer's once taken.
  enum Phase: UInt8, AtomicRepresentable { case new, waiting, taken, finished }

  let deadline: BootTime?
  let rows: Int
  /// Changes nothing, so it is answered also while nothing can be written.
  let isQuestion: Bool
  private let phase = Atomic<Phase>(.new)

  init(deadline: BootTime?, rows: Int, isQuestion: Bool = false) {
    self.deadline = deadline
    self.rows = rows
    self.isQuestion = isQuestion
  }

  /// False if it was cancelled before.
  func queued() -> Bool { move(.new, .waiting) }

  /// The writer takes it for decision. False if it is finished, or finished by its deadline here.
  func take(at boot: BootTime) -> Bool {
    if isTaken { return true }  // decided again after a split
    if let deadline, deadline <= boot {
      finish(.deadlineExceeded)
      return false
    }
    return move(.waiting, .taken)
  }

  /// Decided or about to be: the writer alone ends it.
  var isTaken: Bool { phase.load(ordering: .acquiring) == .taken }

  func cancel() {
    if move(.new, .finished) { return }
    finish(.cancelled)
  }

  /// Ends it before its decision, unless somebody else did.
  func finish(_ error: StoreError) {
    if move(.waiting, .finished) { fail(error) }
  }

  private func move(_ from: Phase, _ to: Phase) -> Bool {
    phase.compareExchange(expected: from, desired: to, ordering: .acquiringAndReleasing).exchanged
  }

  /// Decides, and keeps the outcome, be it a value or an error, until it may be shown. May run
  /// again after a batch was taken back. A throw takes back this command only.
  func decide(_ batch: Batch) throws(StoreError) {}

  /// The outcome is durable: to the caller.
  func publish() {}

  /// To the caller.
  func fail(_ error: StoreError) {}
}

/// A command whose caller waits for a value.
final class Execution<Value: Sendable>: Command, @unchecked Sendable {
  typealias Outcome = Result<Value, StoreError>

  private let body: @Sendable (Batch) throws(StoreError) -> Value
  private var caller: UnsafeContinuation<Outcome, Never>?
  private var outcome: Outcome?

  init(
    deadline: BootTime?, rows: Int, isQuestion: Bool = false,
    _ body: @escaping @Sendable (Batch) throws(StoreError) -> Value
  ) {
    self.body = body
    super.init(deadline: deadline, rows: rows, isQuestion: isQuestion)
  }

  override func decide(_ batch: Batch) throws(StoreError) {
    do throws(StoreError) {
      outcome = .success(try body(batch))
    } catch {
      outcome = .failure(error)
      throw error
    }
  }

  override func publish() {
    guard let outcome else { return }
    resume(outcome)
  }

  override func fail(_ error: StoreError) { resume(.failure(error)) }

  private func resume(_ outcome: Outcome) {
    caller.take()?.resume(returning: outcome)
  }

  /// Queues it by `enqueue`, which says why it can't be, and waits for the outcome.
  func run(_ enqueue: (Command) -> StoreError?) async throws(StoreError) -> Value {
    let outcome: Outcome = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        caller = continuation
        if !queued() {
          fail(.cancelled)
        } else if let error = enqueue(self) {
          finish(error)
        }
      }
    } onCancel: {
      cancel()
    }
    return try outcome.get()
  }
}

/// Timed work of a state, decided like a command so that it shares its batch and its rules.
final class Wake: Command, @unchecked Sendable {
  let index: Int

  init(index: Int) {
    self.index = index
    super.init(deadline: nil, rows: 0)
    _ = queued()
  }

  override func decide(_ batch: Batch) throws(StoreError) {
    try batch.states[index].wake(batch)
  }
}
