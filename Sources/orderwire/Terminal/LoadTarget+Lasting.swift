import EventLoop
import Glibc
import RPC

/// How long to wait before the next attempt to connect: longer each time, until one went well.
struct Pauses {
  private static let first = Duration.milliseconds(100)
  private static let longest = Duration.seconds(5)
  private var pause = first

  mutating func succeeded() { pause = Self.first }

  mutating func failed() -> Duration {
    defer { pause = min(pause * 2, Self.longest) }
    return pause
  }
}

extension LoadTarget {
  /// Calls `body` with a connection, and with a new one each time that it is lost or the server is gone, until
  /// `body` returns false. The first connection has to be there. `body` tells the pauses when it got an answer.
  func lasting(
    on loop: Loop,
    _ body: (ClientChannel, inout Pauses) async throws(RPCError) -> Bool
  ) async throws(CommandFailure) {
    var pauses = Pauses()
    var wasConnected = false
    while true {
      do throws(CommandFailure) {
        let channel = try await connect(on: loop)
        defer { channel.close() }
        wasConnected = true
        do throws(RPCError) {
          guard try await body(channel, &pauses) else { return }
        } catch {
          throw CommandFailure(error)
        }
      } catch {
        guard error.status == .unavailable, wasConnected else { throw error }
        writeLine("orderwire: \(error.message); connecting anew", to: STDERR_FILENO)
      }
      try? await loop.sleep(for: pauses.failed())
    }
  }
}
