/// How much a server takes on before it refuses more: what an operator may set lower for a machine
/// with little memory. What is there already stays, also above a limit that was set lower.
public struct CapacityLimits: Sendable, Equatable {
  /// Pools in all: from 1 to 100,000.
  public var pools: Int
  /// Numbers of one pool that are handed out and neither completed nor back: from 1 to 10,000,000.
  public var liveNumbersPerPool: Int64
  /// Leases of one pool: from 1 to 1,000,000.
  public var leasesPerPool: Int

  /// The most of everything that isn't given.
  public init(
    pools: Int = Self.mostPools, liveNumbersPerPool: Int64 = Self.mostLiveNumbersPerPool,
    leasesPerPool: Int = Self.mostLeasesPerPool
  ) {
    self.pools = pools
    self.liveNumbersPerPool = liveNumbersPerPool
    self.leasesPerPool = leasesPerPool
  }

  /// Pools are all kept in the writer's memory.
  public static let mostPools = 100_000
  /// Each live number is an entry in the writer's memory and a row, and a pool without leases may
  /// hold them for ever.
  public static let mostLiveNumbersPerPool: Int64 = 10_000_000
  /// So is each lease, with or without numbers.
  public static let mostLeasesPerPool = 1_000_000
}
