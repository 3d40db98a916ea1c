/// A setting of `orderwire serve`. Its raw value is the flag's name without the dashes and the key in the
/// configuration file; in the environment it is `ORDERWIRE_` and the same in capitals with underscores.
enum Setting: String, CaseIterable, Sendable {
  case listen
  case listenTLS = "listen-tls"
  case metricsListen = "metrics-listen"
  case tlsCertificate = "tls-certificate"
  case tlsKey = "tls-key"
  case tlsClientCA = "tls-client-ca"
  case store
  case loops
  case grace
  case logLevel = "log-level"
  case maxPools = "max-pools"
  case maxLiveNumbers = "max-live-numbers"
  case maxLeases = "max-leases"
  case maxCatalogItems = "max-catalog-items"
  case maxCatalogVersions = "max-catalog-versions"
  case maxGoods = "max-goods"
  case maxOpenQuantities = "max-open-quantities"
  case maxMovements = "max-movements"
  case maxPolicies = "max-policies"
  case maxIntakes = "max-intakes"
  case maxOrders = "max-orders"
  case maxWaiting = "max-waiting"
  case maxWatches = "max-watches"
  /// Not in the help: how many commands one commit may carry. 1 shows what batching gives.
  case batchLimit = "batch-limit"

  /// What every variable of ours begins with. Another variable that begins so is a mistake, and refused.
  static let environmentPrefix = "ORDERWIRE_"
  /// The one variable that is no setting: where the configuration file is.
  static let fileVariable = environmentPrefix + "CONFIGURATION"

  var flag: String { "--" + rawValue }

  var variable: String {
    Self.environmentPrefix + String(rawValue.uppercased().map { $0 == "-" ? "_" : $0 })
  }

  /// May be given several times: as several flags, a list in the file, or separated by commas in a variable.
  var isRepeatable: Bool {
    switch self {
    case .listen, .listenTLS: true
    case .metricsListen, .tlsCertificate, .tlsKey, .tlsClientCA, .store, .loops, .grace, .logLevel,
      .maxPools,
      .maxLiveNumbers, .maxLeases, .maxCatalogItems, .maxCatalogVersions, .maxGoods,
      .maxOpenQuantities, .maxMovements, .maxPolicies,
      .maxIntakes, .maxOrders, .maxWaiting, .maxWatches, .batchLimit:
      false
    }
  }
}
