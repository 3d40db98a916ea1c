import Catalog
import Forwarding
import Logging
import Numbers
import Stock
import Store

/// Everything `orderwire serve` was told, checked as far as it can be without touching anything.
struct Configuration: Equatable, Sendable {
  /// An address of a listener, in the order given.
  var listen: [HostAndPort]
  var listenTLS: [HostAndPort]
  /// Where metrics are to be had; nil: nowhere.
  var metricsListen: HostAndPort?
  var tls: TLS?
  var store: StoreLocation
  var loops: Int
  /// How long calls may go on after a signal to stop.
  var grace: Duration
  var logLevel: Logger.Level
  var batchLimit: Int
  var capacity: CapacityLimits
  var catalog: CatalogCapacity
  var stock: StockCapacity
  var forwarding: ForwardingCapacity
  /// Calls that may wait for their turn in the store.
  var maxWaiting: Int
  /// Streams that may follow feeds.
  var maxWatches: Int

  /// Paths of PEM files. The key comes from a file only, so that it shows in no process list and no log.
  struct TLS: Equatable, Sendable {
    var certificate: String
    var key: String
    /// Clients must show a certificate signed by one of these.
    var clientCA: String?
  }

  enum StoreLocation: Equatable, Sendable {
    case sqlite(path: String)
  }

  static let defaultListen = HostAndPort(host: HostAndPort.loopback, port: 50051)
  /// A loop is a thread; more of them than any machine has cores is a slip of the finger.
  static let loopsRange = 1...256
  /// An hour: whoever wants to wait longer for the last call does not want to stop.
  static let graceSecondsRange = 0...3600
  static let defaultGraceSeconds = 30
  /// The writer's own bound.
  static let batchLimitRange = 1...256
  /// Raised, they would promise what nobody has measured the memory of.
  static let maxPoolsRange = 1...CapacityLimits.mostPools
  static let maxLiveNumbersRange = 1...Int(CapacityLimits.mostLiveNumbersPerPool)
  static let maxLeasesRange = 1...CapacityLimits.mostLeasesPerPool
  static let maxCatalogItemsRange = 1...CatalogCapacity.mostItems
  static let maxCatalogVersionsRange = 1...CatalogCapacity.mostVersions
  static let maxGoodsRange = 1...StockCapacity.mostGoods
  static let maxOpenQuantitiesRange = 1...StockCapacity.mostOpenQuantities
  static let maxMovementsRange = 1...StockCapacity.mostMovements
  static let maxPoliciesRange = 1...StockCapacity.mostPolicies
  static let maxIntakesRange = 1...ForwardingCapacity.mostIntakes
  static let maxOrdersRange = 1...ForwardingCapacity.mostOrders
  static let maxWaitingRange = 1...StoreConfiguration.mostQueuedCommands
  static let maxWatchesRange = 1...StoreConfiguration.mostFeedReaders

  /// Settings of earlier layers win over those of later ones, setting by setting; lists are not merged.
  init(layers: [ConfigurationLayer], cores: Int) throws(ConfigurationFailure) {
    let given = GivenSettings(layers: layers)
    listen = try given.addresses(.listen)
    listenTLS = try given.addresses(.listenTLS)
    metricsListen = try given.addresses(.metricsListen).first
    if listen.isEmpty && listenTLS.isEmpty { listen = [Self.defaultListen] }
    tls = try Self.tls(given, isListening: !listenTLS.isEmpty)
    store = try Self.store(given)
    loops = try given.number(.loops, in: Self.loopsRange) ?? max(1, cores)
    grace = .seconds(
      try given.number(.grace, in: Self.graceSecondsRange) ?? Self.defaultGraceSeconds)
    batchLimit =
      try given.number(.batchLimit, in: Self.batchLimitRange) ?? Self.batchLimitRange.upperBound
    capacity = try Self.capacity(given)
    catalog = CatalogCapacity(
      items: try given.number(.maxCatalogItems, in: Self.maxCatalogItemsRange)
        ?? Self.maxCatalogItemsRange.upperBound,
      versions: try given.number(.maxCatalogVersions, in: Self.maxCatalogVersionsRange)
        ?? Self.maxCatalogVersionsRange.upperBound)
    stock = try Self.stock(given)
    forwarding = ForwardingCapacity(
      intakes: try given.number(.maxIntakes, in: Self.maxIntakesRange)
        ?? Self.maxIntakesRange.upperBound,
      orders: try given.number(.maxOrders, in: Self.maxOrdersRange)
        ?? Self.maxOrdersRange.upperBound)
    maxWaiting =
      try given.number(.maxWaiting, in: Self.maxWaitingRange) ?? Self.maxWaitingRange.upperBound
    maxWatches =
      try given.number(.maxWatches, in: Self.maxWatchesRange) ?? Self.maxWatchesRange.upperBound
    logLevel = try Self.logLevel(given)
  }

  private static func capacity(
    _ given: GivenSettings
  ) throws(ConfigurationFailure) -> CapacityLimits {
    var limits = CapacityLimits()
    if let pools = try given.number(.maxPools, in: maxPoolsRange) { limits.pools = pools }
    if let numbers = try given.number(.maxLiveNumbers, in: maxLiveNumbersRange) {
      limits.liveNumbersPerPool = Int64(numbers)
    }
    if let leases = try given.number(.maxLeases, in: maxLeasesRange) {
      limits.leasesPerPool = leases
    }
    return limits
  }

  private static func stock(_ given: GivenSettings) throws(ConfigurationFailure) -> StockCapacity {
    var limits = StockCapacity()
    if let goods = try given.number(.maxGoods, in: maxGoodsRange) { limits.goods = goods }
    if let open = try given.number(.maxOpenQuantities, in: maxOpenQuantitiesRange) {
      limits.openQuantities = open
    }
    if let movements = try given.number(.maxMovements, in: maxMovementsRange) {
      limits.movements = movements
    }
    if let policies = try given.number(.maxPolicies, in: maxPoliciesRange) {
      limits.policies = policies
    }
    return limits
  }

  private static func tls(
    _ given: GivenSettings, isListening: Bool
  ) throws(ConfigurationFailure) -> TLS? {
    let certificate = given.text(.tlsCertificate)
    let key = given.text(.tlsKey)
    let clientCA = given.text(.tlsClientCA)
    if !isListening, let clientCA {
      throw ConfigurationFailure(
        "\(clientCA.name): has no effect without --listen-tls, so callers would go unchecked")
    }
    switch (certificate, key) {
    case (let certificate?, let key?):
      return TLS(certificate: certificate.value, key: key.value, clientCA: clientCA?.value)
    case (let certificate?, nil):
      throw ConfigurationFailure("\(certificate.name): needs its key, --tls-key FILE")
    case (nil, let key?):
      throw ConfigurationFailure("\(key.name): needs its certificate, --tls-certificate FILE")
    case (nil, nil):
      guard !isListening else {
        throw ConfigurationFailure(
          "--listen-tls needs --tls-certificate FILE and --tls-key FILE "
            + "(certs/generate makes both for development)")
      }
      return nil
    }
  }

  private static func store(_ given: GivenSettings) throws(ConfigurationFailure) -> StoreLocation {
    guard let store = given.text(.store) else {
      throw ConfigurationFailure("no store: say where numbers are kept with --store sqlite:PATH")
    }
    let parts = store.value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == "sqlite" else {
      throw ConfigurationFailure(
        "\(store.name): \"\(store.value)\" is not a store this version knows; write sqlite:PATH")
    }
    guard !parts[1].isEmpty else {
      throw ConfigurationFailure("\(store.name): sqlite: needs a path, sqlite:PATH")
    }
    return .sqlite(path: String(parts[1]))
  }

  private static func logLevel(_ given: GivenSettings) throws(ConfigurationFailure) -> Logger.Level
  {
    guard let level = given.text(.logLevel) else { return .info }
    guard let known = Logger.Level(rawValue: level.value) else {
      let names = Logger.Level.allCases.map(\.rawValue)
      throw ConfigurationFailure(
        "\(level.name): no level \"\(level.value)\"\(suggestion(for: level.value, among: names))")
    }
    return known
  }
}
