import Testing

@testable import Store

/// The tables at the heads of `WriterMode` and `BatchVerdict`, and the queue's order.
@Suite struct StateTableTests {
  typealias Kind = SQLiteFailure.Kind

  @Test(arguments: [
    (Kind.guilty, BatchVerdict.Stage.begin, BatchVerdict.split),
    (.guilty, .rows, .split), (.guilty, .commit, .split),
    (.unwritable, .begin, .probe), (.unwritable, .rows, .probe), (.unwritable, .commit, .probe),
    (.broken, .begin, .recover), (.broken, .rows, .recover), (.broken, .commit, .recoverByMarker),
    (.corrupt, .begin, .giveUp), (.corrupt, .rows, .giveUp), (.corrupt, .commit, .giveUp),
    (.overtaken, .begin, .giveUp), (.overtaken, .rows, .giveUp), (.overtaken, .commit, .giveUp),
  ])
  func verdicts(_ kind: Kind, _ stage: BatchVerdict.Stage, _ verdict: BatchVerdict) {
    #expect(BatchVerdict(kind, at: stage) == verdict)
  }

  @Test(arguments: [
    (WriterMode.serving, WriterMode.Event.written, WriterMode.Action.serve, WriterMode.serving),
    (.serving, .unwritable, .probeLater, .probing),
    (.serving, .broken, .reopen, .recovering(attempt: 1)),
    (.serving, .corrupt, .giveUp, .failed),
    (.probing, .written, .serve, .serving),
    (.probing, .unwritable, .probeLater, .probing),
    (.probing, .broken, .reopen, .recovering(attempt: 1)),
    (.probing, .corrupt, .giveUp, .failed),
    (.recovering(attempt: 1), .reopened, .serve, .serving),
    (.recovering(attempt: 1), .broken, .reopenLater, .recovering(attempt: 2)),
    (.recovering(attempt: 1), .unwritable, .reopenLater, .recovering(attempt: 2)),
    (.recovering(attempt: 5), .broken, .giveUp, .failed),
    (.recovering(attempt: 5), .unwritable, .giveUp, .failed),
    (.recovering(attempt: 1), .corrupt, .giveUp, .failed),
    (.failed, .written, .giveUp, .failed), (.failed, .reopened, .giveUp, .failed),
    (.failed, .unwritable, .giveUp, .failed), (.failed, .broken, .giveUp, .failed),
  ])
  func modes(
    _ before: WriterMode, _ event: WriterMode.Event, _ action: WriterMode.Action,
    _ after: WriterMode
  ) {
    var mode = before
    #expect(mode.happened(event) == action)
    #expect(mode == after)
  }

  @Test(arguments: [
    (["a1", "a2", "a3", "b1"], ["a1", "b1", "a2", "a3"]),
    (["a1", "b1", "c1", "a2", "c2"], ["a1", "b1", "c1", "a2", "c2"]),
    (["a1", "a2", "a3", "a4", "a5", "b1", "b2"], ["a1", "b1", "a2", "b2", "a3", "a4", "a5"]),
    ([], []),
  ])
  func callersAreServedInTurnAndEachInItsOwnOrder(_ arrived: [String], _ served: [String]) {
    var queue = FairQueue<String>(limit: 10, limitPerCaller: 10)
    for name in arrived {
      let isQueued = queue.append(name, caller: String(name.prefix(1)))
      #expect(isQueued)
    }
    var order: [String] = []
    while let next = queue.popFirst() { order.append(next) }
    #expect(order == served)
    #expect(queue.count == 0)
  }

  /// Notes what its caller would have got.
  final class Noted: Command, @unchecked Sendable {  // One test uses it, on one task.
    var got: [StoreError] = []
    override func fail(_ error: StoreError) { got.append(error) }
  }

  enum CommandEvent { case queued, cancel, take, expire, finish }

  /// The table at the head of `Command`: the events, whether the writer may decide it, what the
  /// caller got.
  @Test(arguments: [
    ([CommandEvent.queued, .take], true, [StoreError]()),
    ([.queued, .take, .cancel], true, []), ([.queued, .take, .take], true, []),
    ([.queued, .cancel, .take], false, [.cancelled]),
    ([.queued, .cancel, .cancel, .finish], false, [.cancelled]),
    ([.queued, .expire, .cancel], false, [.deadlineExceeded]),
    ([.queued, .finish, .take], false, [.closed]), ([.queued, .take, .finish], true, []),
    // Its caller never got as far as waiting; `run` answers it.
    ([.cancel, .queued, .take], false, []),
  ])
  func commands(_ events: [CommandEvent], isTaken: Bool, got: [StoreError]) {
    let command = Noted(deadline: BootTime(microseconds: 10), rows: 1)
    for event in events {
      switch event {
      case .queued: _ = command.queued()
      case .cancel: command.cancel()
      case .take: _ = command.take(at: BootTime(microseconds: 9))
      case .expire: _ = command.take(at: BootTime(microseconds: 10))
      case .finish: command.finish(.closed)
      }
    }
    #expect(command.isTaken == isTaken)
    #expect(command.got == got)
  }

  /// Wants to be woken at a moment.
  final class Sleeper: WriterState {
    static let capability = "sleeper"
    static let migrations: [Migration] = []
    let nextWake: BootTime?
    init(_ milliseconds: Int64?) {
      nextWake = milliseconds.map { BootTime(microseconds: $0 * 1_000) }
    }
    init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) { nextWake = nil }
  }

  @Test(
    arguments: [
      // Due at once when nobody waits, a little later when somebody does.
      ([100], 99, false, 0), ([100], 100, false, 1), ([100], 100, true, 0), ([100], 149, true, 0),
      ([100], 150, true, 1), ([100, nil, 20], 100, false, 2), ([nil], 1_000, false, 0),
    ] as [([Int64?], Int64, Bool, Int)])
  func timedWorkIsBehindTheForegroundButNotForEver(
    _ wakes: [Int64?], _ milliseconds: Int64, isBusy: Bool, due: Int
  ) {
    let schedule = WakeSchedule(count: wakes.count)
    let boot = BootTime(microseconds: milliseconds * 1_000)
    let found = schedule.due(wakes.map(Sleeper.init), at: boot, foregroundIsBusy: isBusy)
    #expect(found.count == due)
  }

  @Test func rowsAreTakenBackToAMark() {
    let buffer = RowBuffer(capacity: 8)
    let one = Statement("one")
    let two = Statement("two")
    buffer.appendRow(of: one) { $0.bind("first, and longer than the block") }
    buffer.appendRow(of: one) { $0.bind(1) }
    let mark = buffer.mark
    let size = buffer.size
    buffer.appendRow(of: one) { $0.bind(2) }
    buffer.appendRow(of: two) { $0.bind([UInt8](repeating: 7, count: 100)) }
    buffer.truncate(to: mark)
    #expect(buffer.rows == 2 && buffer.runs.count == 1 && buffer.size == size)
    #expect(buffer.runs.first?.rows == 2)
  }
}
