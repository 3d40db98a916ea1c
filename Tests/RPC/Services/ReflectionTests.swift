import Messages
import Testing

@testable import RPC

@Suite struct ReflectionTests {
  private static func file(
    _ path: String, imports: [String] = [], services: [String] = [], symbols: [String] = []
  ) -> FileDescription {
    FileDescription(
      path: path, dependencies: imports, services: services, symbols: services + symbols,
      bytes: Array(path.utf8))
  }

  private static let index = DescriptorIndex(
    files: [
      file(
        "a.proto", imports: ["b.proto", "c.proto"], services: ["a.S"], symbols: ["a.M", "a.M.N"]),
      file("b.proto", imports: ["d.proto", "c.proto"], symbols: ["b.M"]),
      file("c.proto", symbols: ["c.E"]), file("d.proto", imports: ["a.proto", "missing.proto"]),
    ], services: ["a.S"], methods: ["a.S.Do"])

  @Test(
    arguments: [
      ("a.S", "a.proto"), ("a.S.Do", "a.proto"), ("a.M", "a.proto"), ("a.M.N", "a.proto"),
      ("a.M.field", "a.proto"), ("b.M", "b.proto"), ("c.E", "c.proto"),
      ("a.S.Nope", nil), ("a", nil), ("", nil), (".", nil), ("a.X", nil), ("x.y.z", nil),
    ])
  func findsTheFileOfASymbol(symbol: String, path: String?) {
    #expect(Self.index.closure(symbol: symbol)?.first?.path == path)
  }

  /// Also where imports go in a circle or aren't there.
  @Test(
    arguments: [
      ("a.proto", ["a.proto", "b.proto", "c.proto", "d.proto"]), ("c.proto", ["c.proto"]),
      ("d.proto", ["d.proto", "a.proto", "b.proto", "c.proto"]), ("nope.proto", nil),
    ] as [(String, [String]?)])
  func addsWhatAFileNeeds(path: String, paths: [String]?) {
    #expect(Self.index.closure(path: path)?.map(\.path) == paths)
  }

  @Test func answersEveryKindOfQuestion() throws {
    let service = ReflectionService(index: Self.index)
    #expect(
      service.answer(.listServices("*"))
        == .listServicesResponse(ListServiceResponse(service: [ServiceResponse(name: "a.S")])))
    #expect(
      service.answer(.fileByFilename("c.proto"))
        == .fileDescriptorResponse(
          FileDescriptorResponse(fileDescriptorProto: [Array("c.proto".utf8)])))
    #expect(
      service.answer(.allExtensionNumbersOfType("a.M"))
        == .allExtensionNumbersResponse(ExtensionNumberResponse(baseTypeName: "a.M")))
    let refused: [(ServerReflectionRequest.MessageRequest?, StatusCode)] = [
      (.fileByFilename("nope"), .notFound), (.fileContainingSymbol("nope"), .notFound),
      (.fileContainingExtension(ExtensionRequest(containingType: "a.M")), .notFound),
      (.allExtensionNumbersOfType("nope"), .notFound), (nil, .invalidArgument),
    ]
    for (question, code) in refused {
      guard case .errorResponse(let error) = service.answer(question) else {
        Issue.record("\(String(describing: question)) was answered")
        continue
      }
      #expect(error.errorCode == Int32(code.rawValue))
    }
  }

  @Test func overTheWire() async throws {
    try await EchoServer.run { echo async throws in
      let call = try await ServerReflectionClient(echo.channel).serverReflectionInfo()
      try await call.send(ServerReflectionRequest(messageRequest: .listServices("")))
      guard case .listServicesResponse(let list) = try await call.next()?.messageResponse else {
        Issue.record("no list")
        return
      }
      #expect(
        list.service.map(\.name) == [
          "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection",
        ])
      for symbol in ["grpc.health.v1.Health.Watch", "grpc.reflection.v1.ServiceResponse"] {
        try await call.send(
          ServerReflectionRequest(messageRequest: .fileContainingSymbol(symbol)))
        guard case .fileDescriptorResponse(let files) = try await call.next()?.messageResponse
        else {
          Issue.record("no file for \(symbol)")
          return
        }
        #expect(files.fileDescriptorProto.count == 1)
      }
      call.endSending()
      #expect(try await call.next() == nil)
    }
  }
}
