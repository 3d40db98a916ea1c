// A switch of a pool: it is off as long as anything holds it. A warning is named by its id.
//
//     event                   on            held by operator   held by warnings    held by both
//     operator stops          by operator   as before          by both             as before
//     operator resumes        as before     on                 as before           by warnings
//     … warnings' stops too   as before     on                 on                  on
//     warning stops           by warnings   by both            by warnings¹        by both¹
//     warning resumes         as before     as before          on if the last²     by operator if the
//                                                                                  last²
//
// ¹ as before if that warning holds it already; ² as before if that warning doesn't hold it

/// The two switches of a pool.
public enum PoolSwitch: Int32, Sendable, CaseIterable {
  /// Off: nothing is made into numbers, and what is in stock goes out until there is no more.
  case generation = 1
  /// Off: nothing is handed out.
  case business = 2
}

/// What holds a switch off.
public struct StopCause: Sendable, Equatable {
  /// The warning's id; empty where it is the operator.
  public var warning: String
  /// Who stopped it, if that was an authenticated operator.
  public var principal: String
  /// What the operator gave as the reason, or what the warning says.
  public var reason: String
  /// Since when, on the wall clock, µs.
  public var time: Int64

  var isOperator: Bool { warning.isEmpty }
}

/// The causes that hold one switch off, the oldest first.
struct Stops: Sendable, Equatable {
  private(set) var causes: [StopCause] = []

  var isOff: Bool { !causes.isEmpty }

  /// The cause to name to whoever is refused: the oldest warning, or else the operator.
  var named: StopCause? { causes.first { !$0.isOperator } ?? causes.first }

  /// Whether the operator, or the warning that `cause` names, holds it off now as well as before.
  func has(_ cause: StopCause) -> Bool { causes.contains { $0.warning == cause.warning } }

  /// Adds a cause; false if it holds already: then the first stands.
  mutating func add(_ cause: StopCause) -> Bool {
    guard !has(cause) else { return false }
    let place = causes.partitionPoint { ($0.time, $0.warning) < (cause.time, cause.warning) }
    causes.insert(cause, at: place)
    return true
  }

  /// Takes back the stop of the operator (no id) or of a warning.
  mutating func lift(warning: String) -> [StopCause] { lift { $0.warning == warning } }

  /// Takes back every stop.
  mutating func liftAll() -> [StopCause] { lift { _ in true } }

  private mutating func lift(_ isMeant: (StopCause) -> Bool) -> [StopCause] {
    let lifted = causes.filter(isMeant)
    causes.removeAll(where: isMeant)
    return lifted
  }
}
