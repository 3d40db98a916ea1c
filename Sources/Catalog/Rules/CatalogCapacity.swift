/// How much a server takes on before it refuses more: what an operator may set lower for a small machine.
/// What is there already stays, also above a limit that was set lower.
public struct CatalogCapacity: Sendable, Equatable {
  /// Goods and manufacturers of all businesses.
  public var items: Int
  /// Their versions in all.
  public var versions: Int

  /// The most of everything that isn't given.
  public init(items: Int = Self.mostItems, versions: Int = Self.mostVersions) {
    self.items = items
    self.versions = versions
  }

  /// The version of each is in the writer's memory, some 200 bytes.
  public static let mostItems = 1_000_000
  /// None is ever deleted, as orders refer to them.
  public static let mostVersions = 10_000_000
}
