import EventLoop
import RPC

/// Connections that are held open and make no call, and what they cost the server in memory.
struct IdleRun: Sendable {
  let target: LoadTarget
  let connections: Int
  /// Streams that stay open on each connection: a watch of the server's health.
  let streams: Int
  /// How long they are held before the memory is read.
  let hold: Duration
  let serverPID: Int

  struct Result: Sendable {
    /// Bytes of the server's memory without and with the connections.
    var before: Int
    var after: Int
  }

  private typealias Watch = ClientStream<HealthCheckRequest, HealthCheckResponse>

  func run() async -> Swift.Result<Result, CommandFailure> {
    do throws(CommandFailure) { return .success(try await result()) } catch {
      return .failure(error)
    }
  }

  private func result() async throws(CommandFailure) -> Result {
    let before = try processMemory(serverPID)
    var channels: [ClientChannel] = []
    var watches: [Watch] = []
    for _ in 0..<connections {
      let channel = try await target.connect(on: target.loops.next())
      channels.append(channel)
      for _ in 0..<streams { watches.append(try await watch(channel)) }
    }
    let loop = target.loops.next()
    await Task(executorPreference: loop) { try? await loop.sleep(for: hold) }.value
    let after = try processMemory(serverPID)
    for watch in watches { watch.cancel() }
    // Who was dropped meanwhile cost nothing.
    for channel in channels { try await check(channel) }
    for channel in channels { channel.close() }
    return Result(before: before, after: after)
  }

  /// A stream whose first message is here, so that it is known to be open.
  private func watch(_ channel: ClientChannel) async throws(CommandFailure) -> Watch {
    do throws(RPCError) {
      let watch = try await HealthClient(channel).watch(HealthCheckRequest())
      guard try await watch.next() != nil else {
        throw RPCError(.unavailable, "the stream has ended")
      }
      return watch
    } catch {
      throw CommandFailure(.unavailable, "can't watch the server's health: \(error)")
    }
  }

  private func check(_ channel: ClientChannel) async throws(CommandFailure) {
    do throws(RPCError) {
      _ = try await HealthClient(channel).check(HealthCheckRequest())
    } catch {
      throw CommandFailure(.unavailable, "a connection was lost meanwhile: \(error)")
    }
  }
}

extension IdleRun.Result {
  /// The lines for a person.
  func report(_ run: IdleRun) -> [String] {
    let mebi = Double(1 << 20)
    let more = Double(after - before)
    return [
      "\(run.connections) idle connections of \(run.streams)",
      "server memory \(rounded(Double(before) / mebi, 1)) MiB before, "
        + "\(rounded(Double(after) / mebi, 1)) MiB with them: \(rounded(more / mebi, 1)) MiB more, "
        + "\(rounded(more / 1024 / Double(max(run.connections, 1)), 1)) KiB a connection",
    ]
  }
}
