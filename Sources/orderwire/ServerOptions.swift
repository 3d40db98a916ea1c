import ArgumentParser
import EventLoop
import HTTP2
import RPC

/// The server that a command calls.
struct ServerOptions: ParsableArguments {
  @Option(help: .init("The server.", valueName: "host:port"))
  var connect = "127.0.0.1:50051"

  @Option(help: .init("Use TLS, and trust these authorities, PEM.", valueName: "file"))
  var tlsCa: String?

  /// Runs `body` with the server and `loops` threads to call it, which have ended when this returns: a thread
  /// that uses a library while the process's exit takes it down would crash.
  func withTarget<Value>(
    loops: Int = 1, _ body: (LoadTarget) throws(CommandFailure) -> Value
  ) throws(CommandFailure) -> Value {
    let target = try target(loops: loops)
    defer { target.loops.stop() }
    return try body(target)
  }

  private func target(loops: Int) throws(CommandFailure) -> LoadTarget {
    guard let server = HostAndPort(connect) else {
      throw CommandFailure(.usage, "--connect: \"\(connect)\" is not HOST:PORT")
    }
    if let tlsCa { _ = try contents(ofFile: tlsCa, limit: 16 << 20) }
    let tls: TLSContext?
    do throws(TLSConfigurationError) {
      tls = try tlsCa.map { (file) throws(TLSConfigurationError) in
        try TLSContext.client(authorities: file)
      }
    } catch {
      throw CommandFailure(error)
    }
    do throws(SystemError) {
      let address = try SocketAddress(host: server.host, port: server.port)
      let group = try LoopGroup(count: loops)
      try group.start()
      return LoadTarget(
        address: address, tls: tls, serverName: tls == nil ? nil : server.host, loops: group)
    } catch {
      throw CommandFailure(.unavailable, "\(error)")
    }
  }

  /// Runs `body` with a connection to the server, on its loop, while the calling thread waits.
  func withChannel<Value: Sendable>(
    _ body: @escaping @Sendable (ClientChannel) async throws(RPCError) -> Value
  ) throws(CommandFailure) -> Value {
    try withTarget { (target) throws(CommandFailure) in
      try target.run { (loop) throws(CommandFailure) in
        let channel = try await target.connect(on: loop)
        do throws(RPCError) {
          return try await body(channel)
        } catch {
          throw CommandFailure(error)
        }
      }
    }
  }
}

extension LoadTarget {
  /// Runs `body` on a loop, while the calling thread waits.
  func run<Value: Sendable>(
    _ body: @escaping @Sendable (Loop) async throws(CommandFailure) -> Value
  ) throws(CommandFailure) -> Value {
    let loop = loops.next()
    return try blocking {
      await Task(executorPreference: loop) { () -> Result<Value, CommandFailure> in
        do throws(CommandFailure) {
          return .success(try await body(loop))
        } catch {
          return .failure(error)
        }
      }.value
    }.get()
  }
}
