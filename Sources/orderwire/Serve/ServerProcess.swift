import EventLoop
import Forwarding
import Glibc
import Logging
import RPC
import Store

/// The process that serves: opens the store, listens, says that it is ready, and waits for a signal.
struct ServerProcess {
  let configuration: Configuration
  let signals: StopSignals
  let log: Logger

  init(_ configuration: Configuration) {
    self.configuration = configuration
    // Before anything can start a thread.
    signals = StopSignals()
    ProcessLimits.prepare()
    LoggingSystem.bootstrap { [level = configuration.logLevel] label in
      var handler = LineLogHandler(label: label)
      handler.logLevel = level
      return handler
    }
    log = Logger(label: "orderwire")
  }

  func run() throws(CommandFailure) {
    let tls = try tlsContext()
    let health = HealthService()
    let store = try openStore(health)
    let loops = try startedLoops()
    defer { loops.stop() }
    let forwarding = ForwardingService(
      store, capacity: configuration.forwarding, stock: configuration.stock)
    let server = RPCServer(router: router(store, forwarding, health), health: health, loops: loops)
    var listeners: [String] = []
    for endpoint in endpoints { listeners.append(try listen(server, at: endpoint, tls)) }
    let metrics = try metricsPort(forwarding)
    defer { metrics?.stop() }
    if let metrics { listeners.append("metrics=\(metrics.address)") }

    signals.beginServing()
    writeLine("orderwire ready " + listeners.joined(separator: " "), to: STDOUT_FILENO)
    log.notice(
      "ready",
      metadata: [
        "addresses": "\(listeners.joined(separator: " "))", "loops": "\(loops.loops.count)",
        "store": "\(storePath)", "incarnation": "\(store.incarnation)",
      ])

    let signal = signals.wait()
    log.notice(
      "stopping", metadata: ["signal": "\(signal)", "grace": "\(configuration.grace)"])
    blocking { [grace = configuration.grace] in
      // Those who watch would never end by themselves; their cursors stay good.
      store.endFeeds()
      await server.shutdown(grace: grace)
      await store.close()
    }
    log.notice("stopped")
  }
}
