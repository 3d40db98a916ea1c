/// Makes a failing history small: takes steps out, and puts simpler ones in their places, as long as it
/// still fails.
public struct HistoryShrinker<Step> {
  /// Whether a history fails.
  private let fails: ([Step]) async throws -> Bool
  /// Steps that do a little less than one.
  private let simpler: (Step) -> [Step]
  /// The smallest that fails, so far.
  public private(set) var history: [Step]
  /// A shrinking that takes longer helps nobody.
  private var runs = 600

  /// Of a history that fails.
  public init(
    _ history: [Step], simpler: @escaping (Step) -> [Step],
    fails: @escaping ([Step]) async throws -> Bool
  ) {
    self.history = history
    self.simpler = simpler
    self.fails = fails
  }

  /// As far as it gets.
  public mutating func shrink() async throws {
    var isSmaller = true
    while isSmaller, runs > 0 {
      isSmaller = try await dropSteps()
      for place in history.indices.reversed() {
        while place < history.count, try await tryFirst(of: simpler(history[place]), at: place) {
          isSmaller = true
        }
      }
    }
  }

  /// Takes out shorter and shorter stretches, beginning with half of it.
  private mutating func dropSteps() async throws -> Bool {
    var isSmaller = false
    var length = max(1, history.count / 2)
    while length >= 1 {
      var start = history.count - length
      while start >= 0 {
        var candidate = history
        candidate.removeSubrange(start..<min(start + length, history.count))
        if try await accept(candidate) { isSmaller = true }
        start = min(start, history.count) - length
      }
      length /= 2
    }
    return isSmaller
  }

  private mutating func tryFirst(of steps: [Step], at place: Int) async throws -> Bool {
    for step in steps {
      var candidate = history
      candidate[place] = step
      if try await accept(candidate) { return true }
    }
    return false
  }

  private mutating func accept(_ candidate: [Step]) async throws -> Bool {
    guard runs > 0, !candidate.isEmpty else { return false }
    runs -= 1
    guard try await fails(candidate) else { return false }
    history = candidate
    return true
  }
}
