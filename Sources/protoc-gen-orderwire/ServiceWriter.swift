/// Writes the protocol that a service's handler conforms to, and its client.
struct ServiceWriter {
  var service: ServiceModel
  /// The service's own file, then all that it imports.
  var files: [FileModel]

  func text() -> String {
    protocolText() + "\n" + registration() + "\n" + client()
  }

  private func protocolText() -> String {
    var out = docstring(service.comment, indent: "", or: service.protoName)
    out += "public protocol \(service.swiftName)Protocol: Sendable {\n"
    for (index, method) in service.methods.enumerated() {
      if index > 0 { out += "\n" }
      out += docstring(method.comment, indent: "  ", or: method.name)
      out += "  func \(escaped(lowerFirst(method.name)))(\n    "
      out +=
        method.clientStreams
        ? "_ requests: RequestStream<\(method.input)>" : "_ request: \(method.input)"
      if method.serverStreams { out += ", responses: ResponseWriter<\(method.output)>" }
      out += ", context: ServerContext\n  ) async throws(RPCError)"
      out += method.serverStreams ? "\n" : " -> \(method.output)\n"
    }
    return out + "}\n"
  }

  private func registration() -> String {
    var out = """
      extension \(service.swiftName)Protocol {
        /// Makes the router send this service's calls here.
        public func register(with router: inout Router) {

      """
    for (index, file) in files.enumerated() {
      let services = index == 0 ? "[\"\(service.protoName)\"]" : "[]"
      out += "    router.describe(\n      file: \(file.swiftFileName)Descriptor.file, "
      out += "services: \(services))\n"
    }
    for method in service.methods {
      let name = escaped(lowerFirst(method.name))
      let requests = method.clientStreams ? "requests" : "request"
      let requestType =
        method.clientStreams ? "RequestStream<\(method.input)>" : method.input
      var parameters = "\(requests): \(requestType)"
      var arguments = requests
      if method.serverStreams {
        parameters += ", responses: ResponseWriter<\(method.output)>"
        arguments += ", responses: responses"
      }
      parameters += ", context: ServerContext"
      arguments += ", context: context"
      out += """
            router.\(kind(method))(service: "\(service.protoName)", method: "\(method.name)") {
              (\(parameters)) async throws(RPCError)\(method.serverStreams ? "" : " -> \(method.output)") in
              try await self.\(name)(\(arguments))
            }

        """
    }
    return out + "  }\n}\n"
  }

  private func client() -> String {
    let name = "\(service.swiftName)Client"
    var out = """
      /// Calls \(service.protoName).
      public struct \(name): Sendable {
        private let channel: ClientChannel

        /// A client whose calls go over `channel`.
        public init(_ channel: ClientChannel) {
          self.channel = channel
        }

      """
    for method in service.methods {
      out += "\n" + docstring(method.comment, indent: "  ", or: method.name)
      out += clientMethod(method)
    }
    return out + "}\n"
  }

  private func clientMethod(_ method: MethodModel) -> String {
    let request = method.clientStreams ? "" : "_ request: \(method.input), "
    let result: String =
      switch (method.clientStreams, method.serverStreams) {
      case (false, false): method.output
      case (false, true): "ClientStream<\(method.input), \(method.output)>"
      case (true, false): "ClientStream<\(method.input), \(method.output)>"
      case (true, true): "ClientStream<\(method.input), \(method.output)>"
      }
    return """
        public func \(escaped(lowerFirst(method.name)))(
          \(request)options: CallOptions = CallOptions()
        ) async throws(RPCError) -> \(result) {
          try await channel.\(kind(method))(
            service: "\(service.protoName)", method: "\(method.name)"\
      \(method.clientStreams ? "" : ", request"), options: options)
        }

      """
  }

  private func kind(_ method: MethodModel) -> String {
    switch (method.clientStreams, method.serverStreams) {
    case (false, false): "unary"
    case (false, true): "serverStreaming"
    case (true, false): "clientStreaming"
    case (true, true): "bidirectional"
    }
  }
}
