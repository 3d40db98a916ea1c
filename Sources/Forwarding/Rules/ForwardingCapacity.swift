/// How much forwarding a server takes on before it refuses more: what an operator may set lower for a
/// machine with little memory. What is there already stays, also above a limit that was set lower.
public struct ForwardingCapacity: Sendable, Equatable {
  /// Intakes in all: from 1 to 10,000.
  public var intakes: Int
  /// Orders kept in all: from 1 to 4,000,000. Each may have its cancellation beyond that, so that orders which
  /// fill a server can be stopped.
  public var orders: Int

  /// The most of everything that isn't given.
  public init(intakes: Int = Self.mostIntakes, orders: Int = Self.mostOrders) {
    self.intakes = intakes
    self.orders = orders
  }

  /// Each is in the writer's memory, with lanes and units.
  public static let mostIntakes = 10_000
  /// Each takes about 50 bytes of the writer's memory, with items or a version about 60 more, one that waits for a unit about
  /// 600, and all are read at the start.
  public static let mostOrders = 4_000_000
}
