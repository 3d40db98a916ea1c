/// What the consumers of each unit got of a load's orders, held against what was given in. For each order at each unit:
///
///     what happened                               is right
///     handed: the next of its key                 if the one before was acknowledged, else early
///     handed: one further on                      if those passed over never come, they are lost
///     handed: one that was passed over            never: it is disordered
///     handed: the furthest of its key, once more  unless its acknowledgement was confirmed: it is done
///     handed: one before the furthest, once more  never: it is done, as a later one was handed out
///     handed: what nobody gave in                 never: it is foreign
///     acknowledged                                always; the server need not have heard it
///     confirmed                                   the first time, and if it wasn't done before it was handed
///     refused                                     never: a delivery ends by its acknowledgement, or its stream
///     the end                                     if it was acknowledged, else it is lost
///
/// What a stream brings before its consumer knows that it is cut off may be out of date: another may have been handed
/// the order, and have acknowledged it. So a delivery of what is done is counted when its own acknowledgement is
/// answered: then its stream was alive, and nobody else could have had the order. One whose answer is cut off proves
/// nothing; nor does it say whether the server has heard it, so that its order may come again or not.
struct OrderCheck: Sendable {
  /// What is wrong with an order at a unit.
  enum Finding: String, CaseIterable, Sendable {
    case lost
    case disordered = "out of order"
    case early = "before the one before was acknowledged"
    case doubled = "again when they were done"
    case refused = "refused an acknowledgement"
    case foreign = "not of this load"
    case tokenTwice = "with a token that was there"
  }

  /// One of them.
  struct Example: Equatable, Sendable {
    var finding: Finding
    var unit: Int
    var mark: OrderMark?
  }

  /// The orders of a key at a unit, by their positions.
  private struct Line {
    /// The last one that was handed out; 0: none was.
    var furthest = 0
    /// Passed over by later ones.
    var passed = NumberSet()
    var acknowledged = NumberSet()
    var confirmed = NumberSet()
  }

  /// As many of the first findings as a person wants to see.
  static let examplesKept = 5

  private(set) var counts: [Finding: Int] = [:]
  private(set) var examples: [Example] = []
  private(set) var deliveries = 0
  /// Deliveries of what had been handed out before.
  private(set) var again = 0
  private let units: Int
  /// By unit, then by key.
  private var lines: [[Line]]
  private var tokens = NumberSet()
  /// Of each key, how many were given in, and of how many that was answered.
  private var begun: [Int]
  private var answered: [Int]

  init(units: Int, keys: Int) {
    self.units = units
    lines = Array(repeating: Array(repeating: Line(), count: keys), count: units)
    begun = Array(repeating: 0, count: keys)
    answered = begun
  }

  /// An order is about to be given in.
  mutating func begin(_ mark: OrderMark) { begun[mark.key] = mark.position }

  /// An order was taken: each unit must get it.
  mutating func answer(_ mark: OrderMark) { answered[mark.key] = mark.position }

  /// A delivery came; nil: of what nobody gave in. Says whether it was done, if its stream is still alive.
  mutating func handed(_ mark: OrderMark?, token: Int, at unit: Int) -> Bool {
    deliveries += 1
    if !tokens.insert(token) { find(.tokenTwice, mark, unit) }
    guard let mark, isKnown(mark) else {
      find(.foreign, mark, unit)
      return false
    }
    let position = mark.position
    let furthest = lines[unit][mark.key].furthest
    if position > furthest {
      if furthest > 0, !lines[unit][mark.key].acknowledged.contains(furthest) {
        find(.early, mark, unit)
      }
      for passed in furthest + 1..<position { lines[unit][mark.key].passed.insert(passed) }
      lines[unit][mark.key].furthest = position
      return false
    }
    if lines[unit][mark.key].passed.remove(position) {
      find(.disordered, mark, unit)
      return false
    }
    again += 1
    return position < furthest || lines[unit][mark.key].confirmed.contains(position)
  }

  /// An acknowledgement is about to be sent.
  mutating func acknowledge(_ mark: OrderMark?, at unit: Int) {
    guard let mark, isKnown(mark) else { return }
    lines[unit][mark.key].acknowledged.insert(mark.position)
  }

  /// An acknowledgement was answered. `wasDone` is what `handed` said.
  mutating func settled(_ mark: OrderMark?, at unit: Int, wasDone: Bool, isRefused: Bool) {
    if isRefused { find(.refused, mark, unit) }
    guard let mark, isKnown(mark) else { return }
    let isFirst = isRefused || lines[unit][mark.key].confirmed.insert(mark.position)
    if wasDone || !isFirst { find(.doubled, mark, unit) }
  }

  /// All is over.
  mutating func end() {
    for unit in 0..<units {
      for key in answered.indices {
        let acknowledged = lines[unit][key].acknowledged
        for position in 0..<answered[key] where !acknowledged.contains(position + 1) {
          find(.lost, OrderMark(key: key, position: position + 1), unit)
        }
      }
    }
  }

  /// Acknowledgements of which nobody knows whether the server heard them: those of an order count once.
  var unconfirmed: Int {
    lines.joined().reduce(0) { $0 + $1.acknowledged.count - $1.confirmed.count }
  }

  /// Orders that were taken.
  var orders: Int { answered.reduce(0, +) }

  private func isKnown(_ mark: OrderMark) -> Bool {
    begun.indices.contains(mark.key) && mark.position >= 1 && mark.position <= begun[mark.key]
  }

  private mutating func find(_ finding: Finding, _ mark: OrderMark?, _ unit: Int) {
    counts[finding, default: 0] += 1
    guard examples.count < Self.examplesKept else { return }
    examples.append(Example(finding: finding, unit: unit, mark: mark))
  }
}
