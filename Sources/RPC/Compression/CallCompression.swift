internal import HTTP2

/// What is agreed on compression in one call on the server. Begins anew with each call.
struct CallCompression {
  /// How the client's compressed messages are compressed; nil if it isn't known here.
  private(set) var request: Compression? = .identity
  /// The name of an encoding that isn't known.
  private(set) var unknownName = ""
  /// Whether the client may be sent gzip.
  private(set) var acceptsGzip = false
  /// Whether the response's headers said that its messages may be gzip.
  var isDeclared = false

  /// What a name is cut to in a status message.
  private static let shownNameBytes = 64

  /// Reads what the request's headers say of it.
  init(_ head: RequestHead) {
    acceptsGzip = head.acceptsGzip
    guard !head.encoding.isEmpty else { return }
    request = Compression(head.encoding)
    if request == nil {
      unknownName = Self.shown(head.encoding)
    }
  }

  /// A call without compression.
  init() {}

  /// Whether the response has to tell what is accepted here: to a client that guessed, rightly or
  /// not (doc/compression.md of gRPC). Others aren't told on every response what they never use.
  var mustTellAccepted: Bool { request != .identity }

  /// Why a message with the compressed flag can't be read.
  var refusal: RPCError {
    request == nil ? Self.unsupported(unknownName, .unimplemented) : .flagWithoutEncoding
  }

  /// The error for a message whose encoding isn't known, with the code that it has on this side.
  static func unsupported(_ name: String, _ code: StatusCode) -> RPCError {
    RPCError(
      code, "the encoding '\(name)' is not supported; supported are \(Compression.accepted)")
  }

  /// As much of an encoding's name as a status message shows.
  static func shown(_ name: UnsafeRawBufferPointer) -> String {
    String(decoding: name.prefix(shownNameBytes), as: UTF8.self)
  }
}

extension CallCompression {
  /// What the response's headers have to say of it.
  var headerFields: [HeaderField] {
    var fields: [HeaderField] = []
    if isDeclared { fields.append(HeaderField("grpc-encoding", "gzip")) }
    if mustTellAccepted {
      fields.append(HeaderField("grpc-accept-encoding", .fixed(Compression.accepted)))
    }
    return fields
  }
}

extension RPCError {
  /// A message has the compressed flag, and no encoding was named.
  static let flagWithoutEncoding = RPCError(
    .internal, "a message has the compressed flag, but grpc-encoding names no compression")
}

extension MessageReader.Refusal {
  /// What a call ends with; `compressed` where it is for a compressed message.
  func error(compressed: @autoclosure () -> RPCError, limit: Int) -> RPCError {
    switch self {
    case .tooLarge(let announced):
      RPCError(
        .resourceExhausted, "a message of \(announced) bytes is larger than \(limit) bytes")
    case .compressed: compressed()
    case .badFlag: RPCError(.internal, "a message's flag is neither 0 nor 1")
    }
  }
}
