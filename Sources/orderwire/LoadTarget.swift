import EventLoop
import HTTP2
import RPC

/// The server to call, and the loops that call it.
struct LoadTarget: Sendable {
  let address: SocketAddress
  let tls: TLSContext?
  let serverName: String?
  let loops: LoopGroup

  func connect(on loop: Loop) async throws(CommandFailure) -> ClientChannel {
    do throws(RPCError) {
      return try await ClientChannel.connect(
        to: address, tls: tls, serverName: serverName, on: loop)
    } catch {
      throw CommandFailure(.unavailable, "can't connect to \(address): \(error.message)")
    }
  }
}
