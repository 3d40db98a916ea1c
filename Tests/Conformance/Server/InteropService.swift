import EventLoop
import GRPCTesting
import RPC

/// `grpc.testing.TestService` as gRPC's interop test descriptions define it.
struct InteropService: TestServiceProtocol {
  /// The descriptions ask for no more than 314,159 bytes; whoever asks for more than this gets none.
  private static let payloadBytes = 4 << 20

  func emptyCall(_ request: Empty, context: ServerContext) async throws(RPCError) -> Empty {
    try echoMetadata(context)
    return Empty()
  }

  func unaryCall(
    _ request: SimpleRequest, context: ServerContext
  ) async throws(RPCError) -> SimpleResponse {
    try echoMetadata(context)
    try checkCompression(request.expectCompressed, context)
    if request.responseCompressed?.value ?? false { context.setCompression(.gzip) }
    try end(with: request.responseStatus)
    return SimpleResponse(
      payload: try payload(request.responseType, bytes: request.responseSize))
  }

  func cacheableUnaryCall(
    _ request: SimpleRequest, context: ServerContext
  ) async throws(RPCError) -> SimpleResponse {
    var caching = Metadata()
    do throws(Metadata.Invalid) {
      try caching.append("cache-control", "max-age=60, public")
    } catch {
      throw RPCError(.internal, "\(error)")
    }
    context.setInitialMetadata(caching)
    // The number is to differ from call to call, which is all that a client may rely on.
    let time = MonotonicTime.current.nanoseconds
    return SimpleResponse(payload: Payload(type: .compressable, body: Array("\(time)".utf8)))
  }

  func streamingOutputCall(
    _ request: StreamingOutputCallRequest, responses: ResponseWriter<StreamingOutputCallResponse>,
    context: ServerContext
  ) async throws(RPCError) {
    try echoMetadata(context)
    if request.responseParameters.contains(where: { $0.compressed?.value ?? false }) {
      context.setCompression(.gzip)
    }
    try await answer(request, responses, context)
  }

  func streamingInputCall(
    _ requests: RequestStream<StreamingInputCallRequest>, context: ServerContext
  ) async throws(RPCError) -> StreamingInputCallResponse {
    var total: Int32 = 0
    for try await request in requests {
      try checkCompression(request.expectCompressed, context)
      let (sum, overflow) = total.addingReportingOverflow(Int32(request.payload?.body.count ?? 0))
      guard !overflow else { throw RPCError(.outOfRange, "the payloads have over 2 GiB") }
      total = sum
    }
    return StreamingInputCallResponse(aggregatedPayloadSize: total)
  }

  func fullDuplexCall(
    _ requests: RequestStream<StreamingOutputCallRequest>,
    responses: ResponseWriter<StreamingOutputCallResponse>, context: ServerContext
  ) async throws(RPCError) {
    try echoMetadata(context)
    for try await request in requests { try await answer(request, responses, context) }
  }

  func halfDuplexCall(
    _ requests: RequestStream<StreamingOutputCallRequest>,
    responses: ResponseWriter<StreamingOutputCallResponse>, context: ServerContext
  ) async throws(RPCError) {
    try echoMetadata(context)
    var waiting: [StreamingOutputCallRequest] = []
    for try await request in requests {
      guard waiting.count < 1000 else {
        throw RPCError(.resourceExhausted, "over 1000 requests before the first answer")
      }
      // Only what is needed to answer is kept.
      waiting.append(
        StreamingOutputCallRequest(
          responseType: request.responseType, responseParameters: request.responseParameters,
          responseStatus: request.responseStatus))
    }
    for request in waiting { try await answer(request, responses, context) }
  }

  func unimplementedCall(_ request: Empty, context: ServerContext) async throws(RPCError) -> Empty {
    throw RPCError(.unimplemented, "\(context.method) is there to be missing")
  }
}

extension InteropService {
  /// Sends the responses that one request of a stream asks for.
  private func answer(
    _ request: StreamingOutputCallRequest, _ responses: ResponseWriter<StreamingOutputCallResponse>,
    _ context: ServerContext
  ) async throws(RPCError) {
    try end(with: request.responseStatus)
    for wanted in request.responseParameters {
      if wanted.intervalUs > 0 {
        try await context.sleep(for: .microseconds(Int(wanted.intervalUs)))
      }
      try await responses.write(
        StreamingOutputCallResponse(
          payload: try payload(request.responseType, bytes: wanted.size)),
        compressed: wanted.compressed?.value ?? false)
    }
  }

  /// Refuses a message that was to come compressed and didn't, or the other way round.
  private func checkCompression(
    _ expected: BoolValue?, _ context: ServerContext
  ) throws(RPCError) {
    guard let expected, expected.value != context.isRequestCompressed else { return }
    throw RPCError(
      .invalidArgument,
      "the request should \(expected.value ? "" : "not ")have come compressed")
  }

  /// Ends the call as the client wishes.
  private func end(with status: EchoStatus?) throws(RPCError) {
    guard let status, status.code != 0 else { return }
    throw RPCError(StatusCode(rawValue: Int(status.code)) ?? .unknown, status.message)
  }

  private func payload(_ type: PayloadType, bytes: Int32) throws(RPCError) -> Payload {
    guard type == .compressable else {
      throw RPCError(.invalidArgument, "there are no payloads of type \(type.rawValue)")
    }
    guard (0...Self.payloadBytes).contains(Int(bytes)) else {
      throw RPCError(
        .invalidArgument, "a payload has 0 to \(Self.payloadBytes) bytes, not \(bytes)")
    }
    return Payload(type: type, body: [UInt8](repeating: 0, count: Int(bytes)))
  }

  /// Sends back the metadata that a client marks for it.
  private func echoMetadata(_ context: ServerContext) throws(RPCError) {
    let initialKey = "x-grpc-test-echo-initial"
    let trailingKey = "x-grpc-test-echo-trailing-bin"
    do throws(Metadata.Invalid) {
      var initial = Metadata()
      for value in context.metadata.values(initialKey) { try initial.append(initialKey, value) }
      context.setInitialMetadata(initial)
      var trailing = Metadata()
      for value in context.metadata.bytes(trailingKey) {
        try trailing.append(trailingKey, bytes: value)
      }
      context.setTrailingMetadata(trailing)
    } catch {
      throw RPCError(.invalidArgument, "what is to be echoed can't be metadata: \(error)")
    }
  }
}
