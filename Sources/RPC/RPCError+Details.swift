public import Messages

extension RPCError {
  /// The domain of every `ErrorInfo` of ours.
  public static let domain = "orderwire"

  /// An error with a reason that programs can act on: `reason` is in UPPER_SNAKE_CASE and never
  /// changes its meaning; `metadata` says what it is about.
  public init(
    _ code: StatusCode, reason: String, _ message: String, metadata: [String: String] = [:]
  ) {
    self.init(
      code, message, details: [ErrorInfo(reason: reason, domain: Self.domain, metadata: metadata)])
  }

  /// INVALID_ARGUMENT for a field, named by its path in the request, such as `items[2].quantity`.
  public static func invalid(
    field: String, _ description: String, reason: String
  ) -> RPCError {
    RPCError(.invalidArgument, reason: reason, "\(field): \(description)")
      .adding(
        BadRequest(fieldViolations: [
          BadRequest.FieldViolation(field: field, description: description, reason: reason)
        ]))
  }

  /// The same error with one more detail.
  public func adding(_ detail: any Message) -> RPCError {
    var error = self
    error.details.append(detail)
    return error
  }

  /// The same error, whose reason says more; one without a reason stays as it is.
  public func adding(metadata: [String: String]) -> RPCError {
    var error = self
    guard let index = details.firstIndex(where: { $0 is ErrorInfo }),
      var info = details[index] as? ErrorInfo
    else { return error }
    info.metadata.merge(metadata) { $1 }
    error.details[index] = info
    return error
  }

  /// The same error with how long a client should wait before it tries again. Clients that retry by
  /// themselves are told, too, by `grpc-retry-pushback-ms`.
  public func retrying(after delay: Duration) -> RPCError {
    let (seconds, attoseconds) = delay.components
    return adding(
      RetryInfo(
        retryDelay: ProtoDuration(
          seconds: seconds, nanos: Int32(truncatingIfNeeded: attoseconds / 1_000_000_000))))
  }

  /// The reason and its metadata, if the error carries one.
  public var errorInfo: ErrorInfo? { detail() }
  /// The fields that are wrong, if the error names them.
  public var badRequest: BadRequest? { detail() }
  /// When to try again, if the error says so.
  public var retryInfo: RetryInfo? { detail() }

  private func detail<M: Message>() -> M? {
    for case let detail as M in details { return detail }
    return nil
  }

  /// Why a message of the client's could not be read. gRPC's libraries say INTERNAL, because theirs tell
  /// no more than that; here the field and the reason are the client's to act on, so it is the code
  /// of every other bad field.
  init(malformed failure: DecodingFailure) {
    let reason = failure.reason.rawValue
    if failure.reason == .memoryLimit {
      // Nothing is wrong with it, and a smaller one is answered.
      self.init(
        .resourceExhausted, reason: reason, "the request would take too much memory",
        metadata: failure.field.isEmpty ? [:] : ["field": failure.field])
    } else if failure.field.isEmpty {
      self.init(.invalidArgument, reason: reason, "the request can't be decoded")
    } else {
      self = .invalid(field: failure.field, "the request can't be decoded here", reason: reason)
    }
  }
}

// MARK: - google.rpc.Status

extension RPCError {
  private static let typePrefix = "type.googleapis.com/"

  /// `google.rpc.Status` with the details packed; nil when there are none, or one can't be encoded.
  func packedDetails(message: String) -> [UInt8]? {
    guard !details.isEmpty else { return nil }
    return try? status(message: message).encoded()
  }

  /// The same as a message, for an answer that tells of an error without ending its call.
  public var status: RPCStatusMessage { status(message: message) }

  private func status(message: String) -> RPCStatusMessage {
    var status = RPCStatusMessage(code: Int32(code.rawValue), message: message)
    for detail in details {
      if let packed = detail as? ProtoAny {
        status.details.append(packed)
      } else if let bytes = try? detail.encoded() {
        status.details.append(
          ProtoAny(typeURL: Self.typePrefix + type(of: detail).protoName, value: bytes))
      }
    }
    return status
  }

  /// Takes the details out of an encoded `google.rpc.Status`. The code and the message stay: they have
  /// header fields of their own.
  mutating func unpackDetails(_ bytes: [UInt8]) {
    guard let status = try? RPCStatusMessage(decoding: bytes) else { return }
    details = status.details.map(Self.unpack)
  }

  private static func unpack(_ packed: ProtoAny) -> any Message {
    let name = packed.typeURL.split(separator: "/").last ?? ""
    let known: [any Message.Type] = [ErrorInfo.self, BadRequest.self, RetryInfo.self]
    guard let type = known.first(where: { $0.protoName == name }),
      let message = try? type.init(decoding: packed.value)
    else { return packed }
    return message
  }
}
