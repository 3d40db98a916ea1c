import API
import Catalog
import EventLoop
import Forwarding
import Glibc
import HTTP2
import Logging
import Numbers
import RPC
import Stock
import Store
import Warnings

/// What a server is made of, each part with the sentence for when it can't be made.
extension ServerProcess {
  /// Where a listener shall be, and what it speaks.
  struct Endpoint {
    let address: HostAndPort
    let isTLS: Bool
  }

  var endpoints: [Endpoint] {
    configuration.listen.map { Endpoint(address: $0, isTLS: false) }
      + configuration.listenTLS.map { Endpoint(address: $0, isTLS: true) }
  }

  var storePath: String {
    switch configuration.store {
    case .sqlite(let path): path
    }
  }

  /// The certificates are read even when nothing listens with TLS: whoever named them wants them to be good.
  func tlsContext() throws(CommandFailure) -> TLSContext? {
    guard let tls = configuration.tls else { return nil }
    // Files that can't be read get the system's words, which are plainer than OpenSSL's.
    for file in [tls.certificate, tls.key, tls.clientCA].compactMap({ $0 }) {
      _ = try contents(ofFile: file, limit: Self.certificateLimit)
    }
    warnOfOpenKey(tls.key)
    do throws(TLSConfigurationError) {
      return try TLSContext.server(
        identity: TLSIdentity(certificateChainFile: tls.certificate, privateKeyFile: tls.key),
        clientAuthorities: tls.clientCA)
    } catch {
      throw CommandFailure(error)
    }
  }

  /// A bundle of all the world's authorities has a few hundred kilobytes.
  private static let certificateLimit = 16 << 20

  private func warnOfOpenKey(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { return }
    log.warning("others than its owner can read the private key", metadata: ["file": "\(path)"])
  }

  func openStore(_ health: HealthService) throws(CommandFailure) -> DurableStore {
    var store = StoreConfiguration(path: storePath)
    store.batchCommands = configuration.batchLimit
    store.queuedCommands = configuration.maxWaiting
    // So that one caller alone can't take every place.
    store.queuedCommandsPerCaller = max(1, configuration.maxWaiting / 2)
    store.feedReaders = configuration.maxWatches
    let report = StoreReport(path: storePath, health: health)
    store.onEvent = { report.told($0) }
    do throws(StoreError) {
      return try DurableStore.open(
        store,
        states: [
          NumberState.self, WarningBook.self, CatalogBook.self, StockBook.self, ForwardingBook.self,
        ])
    } catch {
      throw CommandFailure(error, store: storePath)
    }
  }

  func startedLoops() throws(CommandFailure) -> LoopGroup {
    do throws(SystemError) {
      let loops = try LoopGroup(count: configuration.loops)
      try loops.start()
      return loops
    } catch {
      throw CommandFailure(.unavailable, "can't start \(configuration.loops) loops: \(error)")
    }
  }

  func router(
    _ store: DurableStore, _ forwarding: ForwardingService, _ health: HealthService
  ) -> Router {
    var router = Router()
    let numbers = AllocationService(store, limits: configuration.capacity) {
      [log = Logger(label: "numbers")] low in
      log.warning(
        "less than a tenth of a pool's serials are left",
        metadata: [
          "business": "\(low.business)", "period": "\(low.period)",
          "remaining": "\(low.remaining)",
        ])
    } runDryTime: { [warnings = store.state(of: WarningBook.self)] business, batch in
      warnings[batch].runDryTime(of: business, batch)
    }
    numbers.register(with: &router)
    numbers.answerWithoutTasks(&router)
    let locking = LockingService(store, limits: configuration.capacity)
    locking.register(with: &router)
    locking.answerWithoutTasks(&router)
    HistoryService(store).register(with: &router)
    WarningService(store).register(with: &router)
    CatalogService(store, capacity: configuration.catalog).register(with: &router)
    StockService(store, capacity: configuration.stock).register(with: &router)
    forwarding.register(with: &router)
    forwarding.answerWithoutTasks(&router)
    health.register(with: &router)
    // Last, for it tells of all that is there before it.
    router.addReflection()
    return router
  }

  /// Where metrics are to be had, if anywhere.
  func metricsPort(_ forwarding: ForwardingService) throws(CommandFailure) -> MetricsPort? {
    guard let address = configuration.metricsListen else { return nil }
    let metrics = ForwardingMetrics(service: forwarding)
    do throws(SystemError) {
      let port = try MetricsPort(on: address) {
        do throws(StoreError) { return try await metrics.text() } catch { return nil }
      }
      port.start()
      return port
    } catch {
      throw CommandFailure(error, listeningOn: address)
    }
  }

  /// Listens and returns what the ready line says of it, such as `tls=127.0.0.1:50052`.
  func listen(
    _ server: RPCServer, at endpoint: Endpoint, _ tls: TLSContext?
  ) throws(CommandFailure) -> String {
    let address = endpoint.address
    if !endpoint.isTLS && !address.isLoopback {
      log.warning("other machines can call without TLS", metadata: ["address": "\(address)"])
    }
    do throws(SystemError) {
      let real = try server.listen(
        on: HTTP2.SocketAddress(host: address.host, port: address.port),
        tls: endpoint.isTLS ? tls : nil)
      return (endpoint.isTLS ? "tls=" : "h2c=") + real.description
    } catch {
      throw CommandFailure(error, listeningOn: address)
    }
  }
}
