internal import Messages

extension Router {
  /// Adds reflection (v1 and v1alpha) on everything that was added so far and on itself, so it comes
  /// last.
  public mutating func addReflection() {
    let older = "grpc.reflection.v1alpha.ServerReflection"
    describe(file: GrpcReflectionV1alphaReflectionDescriptor.file, services: [older])
    describe(
      file: GrpcReflectionV1ReflectionDescriptor.file,
      services: ["grpc.reflection.v1.ServerReflection"])
    let own = [older, "grpc.reflection.v1.ServerReflection"].map { "\($0).ServerReflectionInfo" }
    let methods = methods.map { "\($0.service).\($0.name)" } + own
    let reflection = ReflectionService(
      index: DescriptorIndex(files: files, services: services, methods: methods))
    reflection.register(with: &self)
    // The older version differs in nothing but its name.
    bidirectional(
      service: "grpc.reflection.v1alpha.ServerReflection", method: "ServerReflectionInfo"
    ) {
      (
        requests: RequestStream<ServerReflectionRequest>,
        responses: ResponseWriter<ServerReflectionResponse>, context: ServerContext
      ) async throws(RPCError) in
      try await reflection.serverReflectionInfo(
        requests, responses: responses, context: context)
    }
  }
}

/// Answers what clients ask about services and messages.
struct ReflectionService: ServerReflectionProtocol {
  let index: DescriptorIndex

  func serverReflectionInfo(
    _ requests: RequestStream<ServerReflectionRequest>,
    responses: ResponseWriter<ServerReflectionResponse>, context: ServerContext
  ) async throws(RPCError) {
    for try await request in requests {
      try await responses.write(
        ServerReflectionResponse(
          validHost: request.host, originalRequest: request,
          messageResponse: answer(request.messageRequest)))
    }
  }

  func answer(
    _ question: ServerReflectionRequest.MessageRequest?
  ) -> ServerReflectionResponse.MessageResponse {
    switch question {
    case .listServices:
      .listServicesResponse(
        ListServiceResponse(service: index.services.map { ServiceResponse(name: $0) }))
    case .fileByFilename(let path):
      files(index.closure(path: path), or: "there is no file \(path)")
    case .fileContainingSymbol(let symbol):
      files(index.closure(symbol: symbol), or: "there is no symbol \(symbol)")
    case .fileContainingExtension(let request):
      // proto3 has no extensions.
      error(.notFound, "there are no extensions of \(request.containingType)")
    case .allExtensionNumbersOfType(let type) where index.defines(type):
      .allExtensionNumbersResponse(ExtensionNumberResponse(baseTypeName: type))
    case .allExtensionNumbersOfType(let type): error(.notFound, "there is no type \(type)")
    case nil: error(.invalidArgument, "the request asks for nothing")
    }
  }

  private func files(
    _ files: [FileDescription]?, or message: String
  ) -> ServerReflectionResponse.MessageResponse {
    guard let files else { return error(.notFound, message) }
    return .fileDescriptorResponse(
      FileDescriptorResponse(fileDescriptorProto: files.map(\.bytes)))
  }

  private func error(
    _ code: StatusCode, _ message: String
  ) -> ServerReflectionResponse.MessageResponse {
    .errorResponse(ErrorResponse(errorCode: Int32(code.rawValue), errorMessage: message))
  }
}
