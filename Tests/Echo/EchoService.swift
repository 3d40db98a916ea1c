import EventLoop
import Messages
public import RPC

/// A service for tests with all four kinds of methods. `ProtoAny` is the message of each, so that a
/// client needs no generated code: its URL is the word for what to do, its value the payload.
public struct EchoService: Sendable {
  let happened: @Sendable (String) -> Void

  /// A service that tells `happened` what its handlers do.
  public init(happened: @escaping @Sendable (String) -> Void) { self.happened = happened }

  /// Makes the router send this service's calls here.
  public func register(with router: inout Router) {
    router.unary(service: "test.Echo", method: "Unary") {
      (request: ProtoAny, context: ServerContext) async throws(RPCError) -> ProtoAny in
      try await unary(request, context)
    }
    router.immediate(service: "test.Echo", method: "Immediate") {
      (request: ProtoAny, context: ServerContext) throws(RPCError) -> ProtoAny in
      if request.typeURL == "fail" { throw RPCError(.aborted, "immediately") }
      return request
    }
    router.serverStreaming(service: "test.Echo", method: "Expand") {
      (request: ProtoAny, responses: ResponseWriter<ProtoAny>, context: ServerContext)
        async throws(RPCError) in
      try await expand(request, responses, context)
    }
    router.clientStreaming(service: "test.Echo", method: "Collect") {
      (requests: RequestStream<ProtoAny>, context: ServerContext)
        async throws(RPCError) -> ProtoAny in
      try await collect(requests, context)
    }
    router.bidirectional(service: "test.Echo", method: "Chat") {
      (
        requests: RequestStream<ProtoAny>, responses: ResponseWriter<ProtoAny>,
        context: ServerContext
      ) async throws(RPCError) in
      try await chat(requests, responses)
    }
  }

  private func unary(
    _ request: ProtoAny, _ context: ServerContext
  ) async throws(RPCError) -> ProtoAny {
    switch request.typeURL {
    case "fail":
      throw RPCError(.failedPrecondition, reason: "TEST", "größer als 100 %", metadata: ["a": "b"])
    case "metadata":
      context.setInitialMetadata(context.metadata)
      var trailing = Metadata()
      try? trailing.append("t-bin", bytes: [0, 1, 2])
      context.setTrailingMetadata(trailing)
    case "deadline":
      return ProtoAny(typeURL: context.deadline == nil ? "none" : "some", value: [])
    case "refuse": throw refusal(context)
    case "bytes": return ProtoAny(typeURL: hexadecimal(context.metadata.bytes("x-bin")))
    case "compress": context.setCompression(.gzip)
    case "compressed?": return ProtoAny(typeURL: context.isRequestCompressed ? "yes" : "no")
    case "hang": try await hang(context)
    case "stubborn":
      // Goes on although it is cancelled.
      try? await hang(context)
      happened("stubborn returns")
    case "elsewhere":
      // Comes back from another thread.
      await Task.detached { [happened] in happened("elsewhere") }.value
    default: break
    }
    return request
  }

  /// An error with metadata of all kinds.
  private func refusal(_ context: ServerContext) -> RPCError {
    func metadata(_ key: String, _ value: String) -> Metadata {
      var metadata = Metadata()
      try? metadata.append(key, value)
      return metadata
    }
    context.setInitialMetadata(metadata("x-initial", "1"))
    context.setTrailingMetadata(metadata("x-trailing", "2"))
    return RPCError(.unavailable, "later", trailers: metadata("x-error", "3"))
      .retrying(after: .milliseconds(1500))
  }

  private func hexadecimal(_ values: [[UInt8]]) -> String {
    values.map { value in
      value.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }.joined(separator: " ")
  }

  private func hang(_ context: ServerContext) async throws(RPCError) {
    happened("hangs")
    do throws(RPCError) {
      try await context.sleep(for: .seconds(3600))
    } catch {
      happened(context.isCancelled ? "cancelled" : "not cancelled")
      happened("slept until \(error.code)")
      throw error
    }
  }

  private func expand(
    _ request: ProtoAny, _ responses: ResponseWriter<ProtoAny>, _ context: ServerContext
  ) async throws(RPCError) {
    switch request.typeURL {
    case "compress":
      context.setCompression(.gzip)
      try await responses.write(request)
      try await responses.write(request, compressed: false)
      try await responses.write(request)
    case "encoded", "encoded compress":
      if request.typeURL == "encoded compress" { context.setCompression(.gzip) }
      guard let message = try? EncodedMessage(request) else { throw RPCError(.internal, "") }
      try await responses.write(message)
      try await responses.write(message, compressed: false)
      try await responses.write(EncodedMessage(bytes: []))
    case "compress too late":
      try await responses.write(request)
      context.setCompression(.gzip)
      try await responses.write(request)
    case "none": return
    case "fail": throw RPCError(.notFound, "nothing")
    case "fail midway":
      try await responses.write(ProtoAny(typeURL: "1", value: []))
      throw RPCError(.dataLoss, "midway")
    case "flood":
      let payload = [UInt8](repeating: 1, count: 10_000)
      defer { happened("flood ends") }
      while true {
        try await responses.write(ProtoAny(typeURL: "", value: payload))
        happened("written")
      }
    case "elsewhere":
      let result = await Task.detached { () -> Result<Void, RPCError> in
        do throws(RPCError) {
          for number in 0..<3 { try await responses.write(ProtoAny(typeURL: "\(number)")) }
          return .success(())
        } catch {
          return .failure(error)
        }
      }.value
      try result.get()
    case let count:
      for number in 0..<(Int(count) ?? 0) {
        try await responses.write(ProtoAny(typeURL: "\(number)", value: []))
      }
    }
  }

  private func collect(
    _ requests: RequestStream<ProtoAny>, _ context: ServerContext
  ) async throws(RPCError) -> ProtoAny {
    var all = ProtoAny()
    for try await request in requests {
      switch request.typeURL {
      case "fail": throw RPCError(.outOfRange, "enough")
      case "enough": return all
      case "compressed?":
        all.typeURL += context.isRequestCompressed ? "yes " : "no "
        continue
      case "hang":
        do throws(CancellationError) {
          try await sleepForever()
        } catch {
          throw .init(.cancelled, "")
        }
      default: break
      }
      happened("taken")
      all.typeURL += request.typeURL
      all.value += request.value
    }
    return all
  }

  private func sleepForever() async throws(CancellationError) {
    happened("hangs")
    let stream = AsyncStream<Void> { _ in }
    for await _ in stream {}
    happened("cancelled")
    throw CancellationError()
  }

  private func chat(
    _ requests: RequestStream<ProtoAny>, _ responses: ResponseWriter<ProtoAny>
  ) async throws(RPCError) {
    defer { happened("chat ends") }
    for try await request in requests {
      if request.typeURL == "bye" { return }
      try await responses.write(request)
    }
  }
}
