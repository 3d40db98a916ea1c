/// How much a server takes on before it refuses more: what an operator may set lower for a small machine.
/// What is there already stays, also above a limit that was set lower.
public struct StockCapacity: Sendable, Equatable {
  /// Goods of all businesses that ever moved or have a policy.
  public var goods: Int
  /// Reservations and consignments that are open.
  public var openQuantities: Int
  /// Entries of all ledgers. Those that only end what is open, or release what a cancelled order reserved, have room
  /// beyond: at most as many again.
  public var movements: Int
  /// Policies of goods, in all their versions. Deletions have room beyond, one for each policy.
  public var policies: Int

  /// The most of everything that isn't given.
  public init(
    goods: Int = Self.mostGoods, openQuantities: Int = Self.mostOpenQuantities,
    movements: Int = Self.mostMovements, policies: Int = Self.mostPolicies
  ) {
    self.goods = goods
    self.openQuantities = openQuantities
    self.movements = movements
    self.policies = policies
  }

  /// They are in the writer's memory, some 200 bytes each.
  public static let mostGoods = 500_000
  /// They are in memory too, some 200 bytes each.
  public static let mostOpenQuantities = 1_000_000
  /// What the tables may hold, at some 300 bytes each with their ids; none is ever deleted, as every
  /// figure follows from all of them.
  public static let mostMovements = 100_000_000
  /// None of them is deleted, as forms follow from them.
  public static let mostPolicies = 2_000_000
}
