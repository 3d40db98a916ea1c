internal import HTTP2
internal import Messages
internal import Synchronization

extension ServerCall {
  private static let headers: [HeaderField] = [
    HeaderField(":status", "200"), HeaderField("content-type", "application/grpc"),
  ]
  private static let okTrailers: [HeaderField] = [HeaderField("grpc-status", "0")]
  // Almost every call sends just these.
  private static let headerBlock = HeaderBlock(headers)
  private static let okTrailerBlock = HeaderBlock(okTrailers)

  /// Sends the headers if they are still to be sent, then `message`.
  func send(_ message: some Message, compressed: Bool = true) throws(RPCError) {
    guard state.canRespond, let stream else { throw failure ?? .cancelled }
    do throws(EncodingFailure) {
      if compressed, compressesResponses.load(ordering: .relaxed), mayCompress {
        let deflater = GzipCoder.of(loop).deflater
        return try stream.send(message, using: shared.arena, deflater) {
          sendHeadersIfNeeded(stream)
        }
      }
      // A message that can't be encoded leaves the headers unsent, and the status goes alone.
      try stream.send(message, using: shared.arena) { sendHeadersIfNeeded(stream) }
    } catch {
      throw RPCError(.internal, "the response can't be encoded: \(error.reason.rawValue)")
    }
  }

  /// The same for a message that is encoded already.
  func send(encoded message: [UInt8], compressed: Bool) throws(RPCError) {
    guard state.canRespond, let stream else { throw failure ?? .cancelled }
    let isCompressed = compressed && compressesResponses.load(ordering: .relaxed) && mayCompress
    sendHeadersIfNeeded(stream)
    stream.send(encoded: message, isCompressed ? GzipCoder.of(loop).deflater : nil)
  }

  /// Sends the headers if they are still to be sent.
  func sendHeadersIfNeeded() throws(RPCError) {
    guard state.canRespond, let stream else { throw failure ?? .cancelled }
    sendHeadersIfNeeded(stream)
  }

  private func sendHeadersIfNeeded(_ stream: HTTP2Stream) {
    guard state.messageSent() else { return }
    let initial = responseMetadata.takeInitial()
    compression.isDeclared = compressesResponses.load(ordering: .relaxed) && compression.acceptsGzip
    if initial == nil, !compression.isDeclared, !compression.mustTellAccepted {
      return stream.sendHeaders(Self.headerBlock, endStream: false)
    }
    var fields = Self.headers + compression.headerFields
    if let initial { fields += initial.headerFields }
    stream.sendHeaders(fields, endStream: false)
  }

  /// Whether the client takes compressed messages, and was told to expect them.
  private var mayCompress: Bool {
    state.areHeadersSent ? compression.isDeclared : compression.acceptsGzip
  }

  /// Ends the stream with a status, OK when there is no error.
  func sendStatus(_ error: RPCError?) {
    guard state.isStreamOpen, let stream else { return }
    let trailing = responseMetadata.takeTrailing()
    if error == nil, trailing == nil, state.areHeadersSent {
      return stream.sendTrailers(Self.okTrailerBlock)
    }
    var trailers = error?.headerFields ?? Self.okTrailers
    if let trailing { trailers += trailing.headerFields }
    if state.areHeadersSent {
      stream.sendTrailers(trailers)
    } else {
      var initial = Self.headers + compression.headerFields
      if let metadata = responseMetadata.takeInitial() { initial += metadata.headerFields }
      stream.sendHeaders(initial + trailers, endStream: true)
    }
  }

  /// Answers what isn't a gRPC call as an HTTP server would.
  func answerPlainly(_ notACall: RequestHead.NotACall) {
    guard state.failed() == .sendStatus, let stream else { return }
    switch notACall {
    case .methodNotAllowed:
      stream.sendHeaders(
        [HeaderField(":status", "405"), HeaderField("allow", "POST")], endStream: true)
    case .unsupportedMediaType:
      stream.sendHeaders(
        [HeaderField(":status", "415"), HeaderField("accept", "application/grpc")],
        endStream: true)
    }
  }
}
