import Testing

@testable import EventLoop

@Suite struct TimerHeapTests {
  /// Fires everything due up to `now` and returns what fired, in order.
  private func fire(_ heap: TimerHeap, _ now: Int64) {
    while let timer = heap.popDue(MonotonicTime(nanoseconds: now)) {
      let body = timer.body
      timer.body = nil
      body?()
    }
  }

  @Test func firesInOrderOfDeadlineThenOfMaking() {
    let heap = TimerHeap()
    var fired: [Int] = []
    let deadlines: [Int64] = [30, 10, 20, 10, 40, 0, 20]
    for (index, deadline) in deadlines.enumerated() {
      _ = heap.add(deadline: MonotonicTime(nanoseconds: deadline)) { fired.append(index) }
    }
    fire(heap, 20)
    #expect(fired == [5, 1, 3, 2, 6])
    fire(heap, 40)
    #expect(fired == [5, 1, 3, 2, 6, 0, 4])
    #expect(heap.count == 0)
  }

  @Test func cancelledTimersLeaveAtOnceAndNeverFire() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let heap = TimerHeap()
      var fired: [Int64] = []
      var kept: [Int64] = []
      var cancelled: [Timer] = []
      for _ in 0..<100 {
        let deadline = Int64.random(in: 0..<50, using: &random)
        let timer = heap.add(deadline: MonotonicTime(nanoseconds: deadline)) {
          fired.append(deadline)
        }
        if Bool.random(using: &random) { cancelled.append(timer) } else { kept.append(deadline) }
      }
      for timer in cancelled.shuffled(using: &random) { timer.cancel() }
      #expect(heap.count == kept.count)
      fire(heap, 50)
      #expect(fired == kept.sorted())
    }
  }

  @Test func durationsSaturate() {
    let start = MonotonicTime(nanoseconds: 5)
    #expect(start.advanced(by: .nanoseconds(7)).nanoseconds == 12)
    #expect(start.advanced(by: .seconds(Int64.max)).nanoseconds == .max)
    #expect(start.advanced(by: .seconds(Int64.min)).nanoseconds == .min + 5)
    #expect(Duration.milliseconds(-3).saturatedNanoseconds == -3_000_000)
  }
}
