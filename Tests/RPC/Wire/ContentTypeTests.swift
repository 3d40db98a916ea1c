import Testing

@testable import RPC

@Suite struct ContentTypeTests {
  @Test(
    arguments: [
      ("application/grpc", true), ("application/grpc+proto", true), ("application/grpc;a=b", true),
      ("application/grpc ; a=b", true), ("application/grpc+proto;charset=utf-8", true),
      ("Application/GRPC", true), ("application/grpc+json", false), ("application/grpc-web", false),
      ("application/grpc-web+proto", false), ("application/grpcx", false),
      ("application/grpc+protox", false), ("application/grp", false), ("application/json", false),
      ("", false),
    ])
  func recognises(type: String, isGRPC: Bool) {
    #expect(Array(type.utf8).withUnsafeBytes(ContentType.isGRPC) == isGRPC)
  }
}
