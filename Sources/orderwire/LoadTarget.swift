import EventLoop
import HTTP2
import RPC

/// The server to call, and the loops that call it.
struct LoadTarget: Sendable {
  let address: SocketAddress
  let tls: TLSContext?
  let serverName: String?
  let loops: LoopGroup

  /// How long a server may be away before a load gives it up, and how long between two attempts.
  static let patience: Duration = .seconds(60)
  private static let pause: Duration = .milliseconds(20)

  func connect(on loop: Loop) async throws(CommandFailure) -> ClientChannel {
    do throws(RPCError) {
      return try await ClientChannel.connect(
        to: address, tls: tls, serverName: serverName, on: loop)
    } catch {
      throw CommandFailure(.unavailable, "can't connect to \(address): \(error.message)")
    }
  }

  /// The same again and again for so long, while nobody answers.
  func connect(
    on loop: Loop, within patience: Duration
  ) async throws(CommandFailure) -> ClientChannel {
    let limit = MonotonicTime.current.advanced(by: patience)
    while true {
      do throws(CommandFailure) {
        return try await connect(on: loop)
      } catch {
        guard MonotonicTime.current < limit else { throw error }
        await Task(executorPreference: loop) { try? await loop.sleep(for: Self.pause) }.value
      }
    }
  }
}

extension RPCError {
  /// Whether a stream ended because its server did, rather than by a refusal.
  var isCutOff: Bool { code == .unavailable || code == .cancelled }
}
