/// Commands that wait, a line for every caller; the lines are served in turn, so that one caller
/// with a thousand commands doesn't hold up another with one.
struct FairQueue<Element> {
  private final class Line {
    var waiting = Ring<Element>()
  }

  /// How many may wait in all, and of one caller.
  let limit: Int
  let limitPerCaller: Int
  private(set) var count = 0
  private var lines: [ExactText: Line] = [:]
  private var turn = Ring<Line>()

  /// Empty lines are kept for the callers' next commands, up to so many.
  private let keptLines = 256

  init(limit: Int, limitPerCaller: Int) {
    self.limit = limit
    self.limitPerCaller = limitPerCaller
  }

  /// False when there is no room.
  mutating func append(_ element: Element, caller: String) -> Bool {
    guard count < limit else { return false }
    let line: Line
    if let found = lines[ExactText(caller)] {
      line = found
      guard line.waiting.count < limitPerCaller else { return false }
    } else {
      if lines.count >= keptLines { lines = lines.filter { !$0.value.waiting.isEmpty } }
      line = Line()
      lines[ExactText(caller)] = line
    }
    if line.waiting.isEmpty { turn.append(line) }
    line.waiting.append(element)
    count += 1
    return true
  }

  /// The next in turn.
  mutating func popFirst() -> Element? {
    guard let line = turn.popFirst(), let element = line.waiting.popFirst() else { return nil }
    count -= 1
    if !line.waiting.isEmpty { turn.append(line) }
    return element
  }
}
