/// Whether every order is where it must be: what is kept of places, checked by the orders themselves and by
/// the rules that forwarded them.
///
///     an order is    by the rules it matched    it is said to be
///     nowhere        –                          lost
///     forwarded      unit, is there             as it must be
///     forwarded      unit, isn't there          missing there
///     forwarded      not the unit, is there     unexpected there
///     forwarded      by too old a version       unknown; so is a cancellation whose order is gone
///     withdrawn      –                          withdrawn; at a unit: unexpected there
///     elsewhere      –                          waiting; at a unit: unexpected there
///
/// A cancellation must be where its order is. Units that were deleted have given up what they had.
struct Completeness: Sendable {
  struct Difference: Sendable, Equatable {
    enum Kind: Sendable { case lost, missing, unexpected }

    var sequence: Int64
    var kind: Kind
    /// 0: none.
    var unit: Int32 = 0
  }

  private(set) var checked: Int64 = 0
  private(set) var forwarded: Int64 = 0
  private(set) var waiting: Int64 = 0
  private(set) var withdrawn: Int64 = 0
  /// Of those forwarded.
  private(set) var unknown: Int64 = 0
  private(set) var differences: [Difference] = []

  /// What is kept of an order.
  struct Kept: Sendable {
    var sequence: Int64
    var code: ExactText
    /// Of a cancellation its order; else 0.
    var original: Int64
    var place: OrderPlace
    var version: Int64
    /// The units that it is at, and those that its order is at; nil: that isn't kept any more.
    var units: Set<Int32>
    var originalUnits: Set<Int32>? = []
  }

  mutating func check(_ order: Kept, by rules: inout RuleHistory) {
    checked += 1
    switch order.place {
    case .none:
      differences.append(Difference(sequence: order.sequence, kind: .lost))
      tell(order.units, .unexpected, order)
    case .forwarded:
      forwarded += 1
      let expected =
        order.original != 0
        ? order.originalUnits : rules.units(of: order.code, by: order.version)
      guard let expected else { return unknown += 1 }
      tell(expected.subtracting(order.units), .missing, order)
      tell(order.units.subtracting(expected), .unexpected, order)
    case .withdrawn:
      withdrawn += 1
      tell(order.units, .unexpected, order)
    case .lane, .quarantined, .held, .awaiting, .behind:
      waiting += 1
      tell(order.units, .unexpected, order)
    }
  }

  private mutating func tell(_ units: Set<Int32>, _ kind: Difference.Kind, _ order: Kept) {
    for unit in units.sorted() {
      differences.append(Difference(sequence: order.sequence, kind: kind, unit: unit))
    }
  }
}
