import Testing

@testable import RPC

@Suite struct StatusCodeTests {
  @Test(
    arguments: [
      (400, StatusCode.internal), (401, .unauthenticated), (403, .permissionDenied),
      (404, .unimplemented), (429, .unavailable), (502, .unavailable), (503, .unavailable),
      (504, .unavailable), (500, .unknown), (405, .unknown), (415, .unknown), (302, .unknown),
      (0, .unknown),
    ])
  func fromHTTPStatus(status: Int, code: StatusCode) {
    #expect(StatusCode(httpStatus: status) == code)
  }

  @Test(
    arguments: [
      (0x0, StatusCode.internal), (0x1, .internal), (0x2, .internal), (0x3, .internal),
      (0x4, .internal), (0x5, .internal), (0x6, .internal), (0x9, .internal), (0xA, .internal),
      (0x7, .unavailable), (0x8, .cancelled), (0xB, .resourceExhausted), (0xC, .permissionDenied),
      (0xD, .internal), (0xFFFF, .internal),
    ] as [(UInt32, StatusCode)])
  func fromHTTP2Error(error: UInt32, code: StatusCode) {
    #expect(StatusCode(http2ErrorCode: error) == code)
  }

  @Test func codesAreTheProtocols() {
    #expect(StatusCode.allCases.map(\.rawValue) == Array(0...16))
    #expect(StatusCode.unauthenticated.description == "UNAUTHENTICATED")
  }
}
