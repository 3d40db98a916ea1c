import EventLoop
import GRPCTesting
import Glibc
import HTTP2
import RPC

/// A server for gRPC's interop clients.
///
///     conformance-server [CERTIFICATE KEY]
///
/// It listens on loopback, prints `listening h2c=HOST:PORT tls=HOST:PORT`, and ends when its standard input does.
@main
enum ConformanceServer {
  static func main() async throws {
    let loops = try LoopGroup(count: 2)
    try loops.start()
    var router = Router()
    InteropService().register(with: &router)
    let server = RPCServer(router: router, loops: loops)

    let anyPort = try SocketAddress(host: "127.0.0.1", port: 0)
    var line = "listening h2c=\(try server.listen(on: anyPort))"
    let files = Array(CommandLine.arguments.dropFirst())
    if files.count == 2 {
      let identity = TLSIdentity(certificateChainFile: files[0], privateKeyFile: files[1])
      let tls = try TLSContext.server(identity: identity)
      line += " tls=\(try server.listen(on: anyPort, tls: tls))"
    }
    print(line)
    fflush(nil)
    while readLine() != nil {}
    await server.shutdown(grace: .seconds(2))
    loops.stop()
  }
}
