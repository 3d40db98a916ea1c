import HTTP2
import Messages
import Testing

@testable import RPC

@Suite struct RPCErrorTests {
  @Test(
    arguments: [
      (.zero, "0"), (.milliseconds(1500), "1500"), (.nanoseconds(1), "1"),
      (.microseconds(1001), "2"),
      (.seconds(-1), "0"), (.milliseconds(-1), "0"), (.seconds(3_000_000), "2000000000"),
    ] as [(Duration, String)])
  func aRetryIsPushedBack(delay: Duration, expected: String) {
    let fields = RPCError(.unavailable, "").retrying(after: delay).headerFields
    let pushback = fields.first { $0.name.text == "grpc-retry-pushback-ms" }
    #expect(pushback?.value.text == expected)
  }

  @Test func withoutADelayNothingIsPushedBack() {
    let fields = RPCError(.unavailable, reason: "TEST", "").headerFields
    #expect(!fields.contains { $0.name.text == "grpc-retry-pushback-ms" })
  }

  @Test func detailsComeBack() throws {
    let sent = RPCError(.aborted, reason: "POOL_CLOSED", "closed", metadata: ["pool": "SALE"])
      .retrying(after: .milliseconds(1500))
      .adding(ProtoDuration(seconds: 7, nanos: 0))
    let packed = try #require(sent.packedDetails(message: sent.message))
    var received = RPCError(.aborted, "closed")
    received.unpackDetails(packed)
    #expect(
      received.errorInfo
        == ErrorInfo(reason: "POOL_CLOSED", domain: "orderwire", metadata: ["pool": "SALE"]))
    #expect(received.retryInfo?.retryDelay == ProtoDuration(seconds: 1, nanos: 500_000_000))
    // A type that isn't known stays packed, and can be passed on as it is.
    let last = try #require(received.details.last as? ProtoAny)
    #expect(last.typeURL == "type.googleapis.com/google.protobuf.Duration")
    #expect(received.packedDetails(message: "closed") == packed)
  }

  @Test func aFieldIsNamed() {
    let error = RPCError.invalid(
      field: "items[2].quantity", "must be positive", reason: "QUANTITY_INVALID")
    #expect(error.code == .invalidArgument)
    #expect(error.errorInfo?.reason == "QUANTITY_INVALID")
    #expect(error.badRequest?.fieldViolations.map(\.field) == ["items[2].quantity"])
  }

  /// What is too large is no mistake in the message: the code is that of other limits.
  @Test func tooMuchMemoryIsExhausted() {
    let whole = RPCError(malformed: DecodingFailure(.memoryLimit))
    #expect(whole.code == .resourceExhausted)
    #expect(whole.errorInfo == ErrorInfo(reason: "MEMORY_LIMIT_EXCEEDED", domain: "orderwire"))
    let inside = RPCError(malformed: DecodingFailure(.memoryLimit, field: "items"))
    #expect(inside.code == .resourceExhausted)
    #expect(inside.errorInfo?.metadata == ["field": "items"])
    #expect(inside.badRequest == nil)
  }

  @Test func brokenDetailsAreLeftOut() {
    var error = RPCError(.aborted, "x")
    error.unpackDetails([0xFF])
    #expect(error.details.isEmpty)
  }
}
