internal import EventLoop
internal import HTTP2

/// A method of one request and one response that is called with bytes: for a load that shares its
/// machine with what it measures, where messages, and a task's way through streams of them, would take
/// as much of it as the server does. No deadline, no metadata, no compression, and a call isn't
/// cancelled with its task. Confined to the channel's loop.
public struct BareMethod {
  private let channel: ClientChannel
  private let headers: HeaderBlock

  /// A method that is called on `channel`. Make it once for many calls: what it prepares is never freed.
  public init(_ channel: ClientChannel, service: StaticString, method: StaticString) {
    self.channel = channel
    headers = HeaderBlock(channel.fields(service, method))
  }

  /// Sends an encoded request; the bytes of the response are valid only during `read`.
  public func call<Value>(
    _ request: [UInt8], reading read: (UnsafeRawBufferPointer) throws(RPCError) -> Value
  ) async throws(RPCError) -> Value {
    let call = try begin(request, caller: nil)
    await call.end()
    return try read(call.response.get())
  }

  /// Sends an encoded request; `caller` is told when the call is over, once, if this didn't throw.
  public func begin(_ request: [UInt8], for caller: any BareCaller) throws(RPCError) {
    _ = try begin(request, caller: caller)
  }

  private func begin(_ request: [UInt8], caller: (any BareCaller)?) throws(RPCError) -> BareCall {
    assert(channel.loop.isCurrent, "a bare call is made on its channel's loop")
    let call = BareCall(caller)
    call.begin(try channel.openStream(call), headers, request)
    return call
  }
}

/// Who makes calls of a `BareMethod` without waiting for them in a task.
public protocol BareCaller: AnyObject {
  /// A call is over. The bytes of the response are valid only now; the next call may be begun, but what
  /// HTTP2 does with the stream of this one isn't over.
  func answered(_ response: Result<UnsafeRawBufferPointer, RPCError>)
}

/// One call of a `BareMethod`: takes what HTTP2 says of its stream, and tells its caller once, when all
/// is over.
private final class BareCall: StreamHandler {
  private var state = ClientCallState()
  private var stream: HTTP2Stream?
  private var responses = MessageReader(limit: CallOptions().receiveMessageBytes)
  private var metadata = Metadata()
  private var caller: (any BareCaller)?
  private var waiting: UnsafeContinuation<Void, Never>?

  init(_ caller: (any BareCaller)?) { self.caller = caller }

  func begin(_ stream: HTTP2Stream, _ headers: HeaderBlock, _ request: [UInt8]) {
    self.stream = stream
    stream.sendHeaders(headers, endStream: false)
    stream.send(encoded: request, nil)
    stream.endStream()
  }

  /// Waits until the stream is closed.
  func end() async {
    await withUnsafeContinuation { continuation in
      if stream == nil { return continuation.resume() }
      waiting = continuation
    }
  }

  /// What came, once the stream is closed.
  var response: Result<UnsafeRawBufferPointer, RPCError> {
    if let failure = state.failure { return .failure(failure) }
    guard case .message(let count) = responses.front() else {
      return .failure(RPCError(.unimplemented, "the response has no message"))
    }
    return .success(responses.message(count: count))
  }

  func headersReceived(_ headers: HeaderList, endStream: Bool) {
    let head = ResponseHead(headers, metadata: &metadata)
    if endStream, let status = head.status { state.statusReceived(status) }
    state.headersReceived(httpStatus: head.httpStatus, isGRPC: head.isGRPC)
  }

  func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    guard !state.hasEnded else { return }
    responses.append(bytes)
    switch responses.front() {
    case .refused(let refusal):
      fail(refusal.error(compressed: .flagWithoutEncoding, limit: responses.limit))
    case .message where !responses.holdsExactlyOne:
      fail(RPCError(.unimplemented, "the response has more than one message"))
    case .message, .incomplete: stream?.consumed(responses.creditIncomplete())
    }
  }

  func trailersReceived(_ headers: HeaderList) {
    if let status = ResponseHead(headers, metadata: &metadata).status {
      state.statusReceived(status)
    }
  }

  func endReceived() { state.responseEnded() }

  func writable() {}

  func closed(_ reason: StreamClose) {
    stream = nil
    if !state.hasEnded { _ = state.failed(RPCError(closed: reason)) }
    waiting.take()?.resume()
    caller.take()?.answered(response)
  }

  private func fail(_ error: RPCError) {
    guard state.failed(error) else { return }
    stream?.reset(.cancel)
  }
}
