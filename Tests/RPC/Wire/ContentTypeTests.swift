import Testing

@testable import RPC

@Suite struct ContentTypeTests {
  @Test(
    arguments: [
      ("application/grpc", .grpc), ("application/grpc+proto", .grpc),
      ("application/grpc;charset=utf-8", .grpc), ("application/grpc ; a=b", .grpc),
      ("application/grpc+proto;a=b", .grpc), ("Application/GRPC", .grpc),
      ("APPLICATION/GRPC+PROTO", .grpc), ("application/grpc+json", .otherCodec),
      ("application/grpc+", .otherCodec), ("application/grpc+protobuf", .otherCodec),
      ("application/grpc+thrift;a=b", .otherCodec), ("application/grpc-web", .other),
      ("application/grpc-web+proto", .other), ("application/grpcx", .other),
      ("application/json", .other), ("application/grp", .other), ("", .other),
    ] as [(String, ContentType)])
  func isRead(text: String, type: ContentType) {
    #expect(Array(text.utf8).withUnsafeBytes { ContentType($0) } == type)
  }
}
