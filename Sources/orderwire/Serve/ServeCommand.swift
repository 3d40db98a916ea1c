import ArgumentParser
import FoundationEssentials

/// `orderwire serve`: gathers the settings, then hands over to `ServerProcess`.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve until SIGTERM or SIGINT.",
    discussion: """
      Every setting can also come from the environment (--log-level is ORDERWIRE_LOG_LEVEL; several values \
      are separated by commas) or from a JSON file whose keys are the flags' names without the dashes. \
      Flags win over the environment, and that over the file.

      When it is ready it writes one line to standard output: "orderwire ready", then h2c=HOST:PORT or \
      tls=HOST:PORT for every address it listens on. Logs go to standard error. The first SIGTERM or SIGINT \
      stops it in good order, a second one at once.

      Exit status:
      \(EndStatus.table)
      """)

  @Option(
    help: .init(
      "Listen here without TLS; repeatable. Port 0 picks one, :PORT is loopback. (default: \(Configuration.defaultListen))",
      valueName: "host:port"))
  var listen: [String] = []

  @Option(help: .init("Listen here with TLS; repeatable.", valueName: "host:port"))
  var listenTls: [String] = []

  @Option(
    help: .init(
      "Answer GET /metrics over plain HTTP/1.1 here, for Prometheus.", valueName: "host:port"))
  var metricsListen: String?

  @Option(help: .init("Certificate chain of the server, PEM.", valueName: "file"))
  var tlsCertificate: String?

  @Option(help: .init("Its private key, PEM.", valueName: "file"))
  var tlsKey: String?

  @Option(
    help: .init(
      "Only clients with a certificate signed by one of these may call over TLS, PEM.",
      valueName: "file"))
  var tlsClientCa: String?

  @Option(help: .init("Where everything is kept: sqlite:PATH.", valueName: "store"))
  var store: String?

  @Option(help: .init("Threads that serve connections. (default: one a core)", valueName: "count"))
  var loops: String?

  @Option(
    help: .init(
      "How long running calls may go on after a signal to stop. (default: \(Configuration.defaultGraceSeconds))",
      valueName: "seconds"))
  var grace: String?

  @Option(
    help: .init(
      "trace, debug, info, notice, warning, error or critical. (default: info)", valueName: "level")
  )
  var logLevel: String?

  @Option(
    help: .init(
      "Pools in all. (default: \(Configuration.maxPoolsRange.upperBound), the most)",
      valueName: "count"))
  var maxPools: String?

  @Option(
    help: .init(
      """
      Live numbers of a pool. (default: \(Configuration.maxLiveNumbersRange.upperBound), the most)
      """,
      valueName: "count"))
  var maxLiveNumbers: String?

  @Option(
    help: .init(
      "Leases of a pool. (default: \(Configuration.maxLeasesRange.upperBound), the most)",
      valueName: "count"))
  var maxLeases: String?

  @Option(
    help: .init(
      """
      Goods and manufacturers in catalogs. \
      (default: \(Configuration.maxCatalogItemsRange.upperBound), the most)
      """,
      valueName: "count"))
  var maxCatalogItems: String?

  @Option(
    help: .init(
      """
      Their versions in all. \
      (default: \(Configuration.maxCatalogVersionsRange.upperBound), the most)
      """,
      valueName: "count"))
  var maxCatalogVersions: String?

  @Option(
    help: .init(
      "Goods with stock or a policy. (default: \(Configuration.maxGoodsRange.upperBound), the most)",
      valueName: "count"))
  var maxGoods: String?

  @Option(
    help: .init(
      """
      Open reservations and consignments in all. \
      (default: \(Configuration.maxOpenQuantitiesRange.upperBound), the most)
      """,
      valueName: "count"))
  var maxOpenQuantities: String?

  @Option(
    help: .init(
      """
      Movements of stock in all; cancellations, and what ends a reservation or a consignment, have room \
      beyond. (default: \(Configuration.maxMovementsRange.upperBound), the most)
      """,
      valueName: "count"))
  var maxMovements: String?

  @Option(
    help: .init(
      """
      Policies of goods, in all versions. \
      (default: \(Configuration.maxPoliciesRange.upperBound), the most)
      """,
      valueName: "count"))
  var maxPolicies: String?

  @Option(
    help: .init(
      """
      Businesses that may forward orders. \
      (default: \(Configuration.maxIntakesRange.upperBound), the most)
      """,
      valueName: "count"))
  var maxIntakes: String?

  @Option(
    help: .init(
      """
      Orders kept in all; their cancellations have room beyond. \
      (default: \(Configuration.maxOrdersRange.upperBound), the most)
      """,
      valueName: "count"))
  var maxOrders: String?

  @Option(
    help: .init(
      """
      Calls that may wait for the store, half of them of one caller. \
      (default: \(Configuration.maxWaitingRange.upperBound), the most)
      """,
      valueName: "count"))
  var maxWaiting: String?

  @Option(
    help: .init(
      """
      Streams that may watch. (default: \(Configuration.maxWatchesRange.upperBound), the most)
      """,
      valueName: "count"))
  var maxWatches: String?

  @Option(help: .init("Commands in one commit.", valueName: "count", visibility: .private))
  var batchLimit: String?

  @Option(help: .init("A JSON file of settings.", valueName: "file"))
  var configuration: String?

  /// A configuration is a few hundred bytes; what is longer is another file.
  static let configurationLimit = 1 << 20

  func run() throws {
    do throws(CommandFailure) {
      let configuration = try configured(
        environment: ProcessInfo.processInfo.environment,
        cores: ProcessInfo.processInfo.activeProcessorCount)
      try ServerProcess(configuration).run()
    } catch {
      throw error.report()
    }
  }

  func configured(
    environment: [String: String], cores: Int
  ) throws(CommandFailure) -> Configuration {
    let path = configuration ?? environment[Setting.fileVariable] ?? ""
    let file = path.isEmpty ? nil : try contents(ofFile: path, limit: Self.configurationLimit)
    do throws(ConfigurationFailure) {
      var layers = [
        ConfigurationLayer(flags: flags), try ConfigurationLayer(environment: environment),
      ]
      if let file { layers.append(try ConfigurationLayer(file: path, contents: file)) }
      return try Configuration(layers: layers, cores: cores)
    } catch {
      throw CommandFailure(error)
    }
  }

  private var flags: [Setting: [String]] {
    func one(_ value: String?) -> [String] { value.map { [$0] } ?? [] }
    return [
      .listen: listen, .listenTLS: listenTls, .metricsListen: one(metricsListen),
      .tlsCertificate: one(tlsCertificate),
      .tlsKey: one(tlsKey), .tlsClientCA: one(tlsClientCa), .store: one(store),
      .loops: one(loops), .grace: one(grace), .logLevel: one(logLevel),
      .maxPools: one(maxPools), .maxLiveNumbers: one(maxLiveNumbers), .maxLeases: one(maxLeases),
      .maxCatalogItems: one(maxCatalogItems), .maxCatalogVersions: one(maxCatalogVersions),
      .maxGoods: one(maxGoods), .maxOpenQuantities: one(maxOpenQuantities),
      .maxMovements: one(maxMovements), .maxPolicies: one(maxPolicies),
      .maxIntakes: one(maxIntakes), .maxOrders: one(maxOrders), .maxWaiting: one(maxWaiting),
      .maxWatches: one(maxWatches), .batchLimit: one(batchLimit),
    ]
  }
}
