import RPC
import TestServices

/// Streams of as many small messages as are asked for, all of one size.
struct Warnings: WarningServiceProtocol {
  func watch(
    _ request: WatchWarningsRequest, responses: ResponseWriter<Warning>, context: ServerContext
  ) async throws(RPCError) {
    for number in 0..<request.count {
      var warning = Warning()
      warning.business = "SALE"
      warning.remaining = UInt64(1_000_000 - min(number, 900_000))
      warning.exhaustedAtUs = 1_795_253_400_000_000 + Int64(number)
      warning.text = "numbers for SALE run out soon"
      try await responses.write(warning)
    }
  }
}
