import Echo
import EventLoop
import Glibc
import HTTP2
import RPC
import TestServices

/// A server for tests with other clients: the echo service, warnings, health and reflection.
///
///     rpc-testserver [--loops N] [--port N] [CERTIFICATE KEY]
///
/// It prints `listening h2c=HOST:PORT tls=HOST:PORT`, then what its handlers do, a line for each; it ends
/// when its standard input does.
@main
enum RPCTestServer {
  static func main() async throws {
    var arguments = Array(CommandLine.arguments.dropFirst())
    var options = ["--loops": 2, "--port": 0]
    while let name = arguments.first, options[name] != nil, arguments.count > 1 {
      options[name] = Int(arguments[1])
      arguments.removeFirst(2)
    }
    let loops = try LoopGroup(count: options["--loops"] ?? 2)
    let port = UInt16(clamping: options["--port"] ?? 0)
    try loops.start()

    var router = Router()
    EchoService { say($0) }.register(with: &router)
    Warnings().register(with: &router)
    let health = HealthService()
    health.register(with: &router)
    router.addReflection()
    let server = RPCServer(router: router, health: health, loops: loops)
    let address = try server.listen(on: SocketAddress(host: "127.0.0.1", port: port))
    var line = "listening h2c=\(address)"
    if arguments.count == 2 {
      let tls = try TLSContext.server(
        identity: TLSIdentity(certificateChainFile: arguments[0], privateKeyFile: arguments[1]))
      line += " tls=\(try server.listen(on: SocketAddress(host: "127.0.0.1", port: 0), tls: tls))"
    }
    say(line)
    while let command = readLine() {
      let words = command.split(separator: " ").map(String.init)
      if words.count == 3, words[0] == "health" {
        health.set(words[1], words[2] == "serving" ? .serving : .notServing)
      }
    }
    await server.shutdown(grace: .seconds(2))
    loops.stop()
  }

  private static func say(_ line: String) {
    // Not print: to flush its buffer would wait for the lock of standard input, which `readLine` holds.
    let bytes = Array((line + "\n").utf8)
    write(STDOUT_FILENO, bytes, bytes.count)
  }
}
