/// A callback that a loop makes once at its deadline, unless it is cancelled before.
/// Confined to the loop that made it.
public final class Timer {
  /// When the callback is due.
  public let deadline: MonotonicTime
  let sequence: UInt64
  /// Taken when it fires or is cancelled, so that what it captured is freed then.
  var body: (() -> Void)?
  /// Where the timer is in the heap; negative when it isn't in one.
  var position = -1
  private unowned let heap: TimerHeap

  init(deadline: MonotonicTime, sequence: UInt64, heap: TimerHeap, body: @escaping () -> Void) {
    self.deadline = deadline
    self.sequence = sequence
    self.heap = heap
    self.body = body
  }

  /// Keeps the callback from being made; does nothing once it was.
  public func cancel() {
    body = nil
    if position >= 0 { heap.remove(self) }
  }

  /// Earlier deadlines first; of the same deadline, in the order in which they were made.
  func precedes(_ other: Timer) -> Bool {
    deadline == other.deadline ? sequence < other.sequence : deadline < other.deadline
  }
}

/// A binary heap of timers that know their place, so that a cancelled one leaves at once: call
/// deadlines are almost always cancelled, and long ones would pile up otherwise.
final class TimerHeap {
  private var timers: [Timer] = []
  private var made: UInt64 = 0

  var count: Int { timers.count }
  var nextDeadline: MonotonicTime? { timers.first?.deadline }

  func add(deadline: MonotonicTime, _ body: @escaping () -> Void) -> Timer {
    made &+= 1
    let timer = Timer(deadline: deadline, sequence: made, heap: self, body: body)
    timer.position = timers.count
    timers.append(timer)
    siftUp(timer.position)
    return timer
  }

  /// Takes out the first timer if it is due at `now`.
  func popDue(_ now: MonotonicTime) -> Timer? {
    guard let first = timers.first, first.deadline <= now else { return nil }
    remove(first)
    return first
  }

  func remove(_ timer: Timer) {
    let hole = timer.position
    timer.position = -1
    let last = timers.removeLast()
    guard hole < timers.count else { return }
    place(last, at: hole)
    siftUp(hole)
    siftDown(last.position)
  }

  /// Drops every timer with its callback.
  func removeAll() {
    for timer in timers {
      timer.position = -1
      timer.body = nil
    }
    timers.removeAll()
  }

  private func place(_ timer: Timer, at position: Int) {
    timers[position] = timer
    timer.position = position
  }

  private func siftUp(_ start: Int) {
    let timer = timers[start]
    var position = start
    while position > 0 {
      let parent = (position - 1) / 2
      guard timer.precedes(timers[parent]) else { break }
      place(timers[parent], at: position)
      position = parent
    }
    place(timer, at: position)
  }

  private func siftDown(_ start: Int) {
    let timer = timers[start]
    var position = start
    while true {
      var child = position * 2 + 1
      guard child < timers.count else { break }
      if child + 1 < timers.count, timers[child + 1].precedes(timers[child]) { child += 1 }
      guard timers[child].precedes(timer) else { break }
      place(timers[child], at: position)
      position = child
    }
    place(timer, at: position)
  }
}
