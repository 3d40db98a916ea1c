internal import CNGHTTP2
public import EventLoop

/// Who is told what happens on a stream. Calls come on the connection's loop.
///
/// A handler may send, reset and read credit inside any of them. `closed` comes exactly once, as the
/// last; after it the handler must let go of the stream.
public protocol StreamHandler: AnyObject {
  /// The peer's headers. With `endStream` there is no more to come, and `endReceived` follows at once.
  /// A list with `isTooLarge` is incomplete.
  func headersReceived(_ headers: borrowing HeaderList, endStream: Bool)
  /// Bytes of the body. Their flow-control credit goes back only by `HTTP2Stream.consumed`.
  func dataReceived(_ bytes: UnsafeRawBufferPointer)
  /// The peer's trailers; `endReceived` follows.
  func trailersReceived(_ headers: borrowing HeaderList)
  /// The peer will send no more on this stream.
  func endReceived()
  /// What was queued fell to half of the high-water mark, after `mustAwaitWritable` said to wait.
  func writable()
  /// The connection takes no more streams, and ends when those that are open have.
  func connectionStopping()
  /// The stream is over.
  func closed(_ reason: StreamClose)
}

extension StreamHandler {
  /// Nothing to do: what is open goes on.
  public func connectionStopping() {}
}

/// One HTTP/2 stream. Confined to its loop; sending on a closed one does nothing.
///
/// Its connection uses the object for one stream after another:
///
///     state     event                                 next
///     resting   open(id:)                             open, with nothing left of the stream before
///     open      the peer, nghttp2 or the connection   closed: its handler is told and let go
///               ends it (didClose)
///     closed    there is room to keep it (rest)       resting
///     resting   it is wanted, but somebody still      closed for good: who holds it keeps it, and
///               holds it                              another is made
///     resting   the connection closes                 closed for good
///
/// So whoever holds a stream never finds it turned into another. That counts strong references only:
/// don't hold a stream weakly or unowned. nghttp2 knows the object only while the stream is open.
///
///     sending side                     what nghttp2 is told
///     idle      sendHeaders         -> submit response or request; open, or ended with endStream
///     open      sendData            -> resume, if it had run dry
///     open      sendTrailers        -> after the queued data: trailers, which end the stream
///     open      endStream           -> after the queued data: END_STREAM
///     any       reset               -> RST_STREAM; what was queued is dropped
///
/// A server's answer may end before the request. Then the rest of it isn't wanted (RFC 9113 section 8.1),
/// and the stream is reset with NO_ERROR; but not right behind the answer, because proxies were seen to
/// lose the status then (HAProxy 2.6):
///
///     the answer is out, the request    what is done
///     ends                              nothing: both sides are closed
///     goes on with DATA                 reset
///     does neither for `requestEnd`     reset
// @unchecked: confined to its loop; it crosses into other isolation only to come back to that loop.
public final class HTTP2Stream: @unchecked Sendable {
  private enum Ending {
    case none
    case plain
    case trailers([HeaderField])
    case block(HeaderBlock)
  }

  /// The connection that it is on.
  public let connection: HTTP2Connection
  /// The stream's identifier; 0 on a client before its headers are sent.
  public private(set) var id: Int32 = 0
  /// Who is told of events; let go when the stream is closed.
  public var handler: (any StreamHandler)?

  private var outgoing = ByteQueue()
  private var ending = Ending.none
  private var hasSentHeaders = false
  private var isDry = false
  private var mustReportWritable = false
  private(set) var isClosed = true
  /// Set while the answer is queued or out, and the request has not ended.
  private var requestEndTimer: Timer?
  /// Whether the peer's side is over, or ends with the frame that is coming in.
  var isRemoteEnded = false
  /// Whether a client has the response's headers, informational ones aside.
  var hasResponse = false
  /// The bytes of body that are still to come, if a server's peer has said how many.
  var bodyLeft: Int?
  /// Bytes received whose credit was not given back yet.
  private(set) var unconsumed = 0
  /// Links of the connection's list of open streams.
  var next: HTTP2Stream?
  unowned(unsafe) var previous: HTTP2Stream?

  init(connection: HTTP2Connection) { self.connection = connection }

  /// The loop that everything about this stream happens on.
  public var loop: Loop { connection.loop }

  /// Makes this the stream `id`. What isn't set here is as `init` or `didClose` left it.
  func open(id: Int32) {
    assert(isClosed && handler == nil && next == nil && previous == nil && outgoing.isEmpty)
    self.id = id
    handler = nil
    hasSentHeaders = false
    isDry = false
    mustReportWritable = false
    isRemoteEnded = false
    hasResponse = false
    bodyLeft = nil
    isClosed = false
  }

  /// Bytes that were sent here and not yet given to the socket.
  public var queuedBytes: Int { outgoing.count }

  /// Whether a sender has to suspend. If so, `writable()` or `closed` comes when that has changed: who is
  /// told must ask again, because other streams may have filled the connection's queue meanwhile.
  public func mustAwaitWritable() -> Bool {
    let isAboveHighWater =
      outgoing.count > HTTP2Limits.highWaterBytes || connection.isQueueFull && outgoing.count > 0
    if isAboveHighWater { mustReportWritable = true }
    return isAboveHighWater
  }

  /// Sends the response's headers on a server, or opens the stream on a client.
  public func sendHeaders(_ fields: [HeaderField], endStream: Bool) {
    connection.buffers.headers.withFields(fields) { submit($0, $1, endStream: endStream) }
  }

  /// The same, of fields that were prepared.
  public func sendHeaders(_ block: HeaderBlock, endStream: Bool) {
    submit(block.vector, block.count, endStream: endStream)
  }

  private func submit(_ fields: UnsafePointer<nghttp2_nv>?, _ count: Int, endStream: Bool) {
    guard !isClosed, !hasSentHeaders, let session = connection.session else { return }
    hasSentHeaders = true
    if endStream { ending = .plain }
    let me = Unmanaged.passUnretained(self).toOpaque()
    var provider = nghttp2_data_provider()
    provider.source.ptr = me
    provider.read_callback = readOutgoing
    let code = withUnsafePointer(to: provider) { provider -> Int32 in
      let body = endStream ? nil : provider
      guard connection.role == .client else {
        return nghttp2_submit_response(session, id, fields, count, body)
      }
      let id = nghttp2_submit_request(session, nil, fields, count, body, me)
      if id > 0 { self.id = id }
      return min(id, 0)
    }
    if code != 0 { connection.abandon(self) }
    if endStream { awaitRequestEnd() }
    connection.setNeedsFlush()
  }

  /// Queues `count` bytes of body, which `fill` writes in place.
  public func sendData(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
    guard !isClosed, case .none = ending else { return }
    outgoing.append(count: count, fill)
    connection.queuedBytes += count
    resume()
  }

  /// Sends trailers after what is queued, which ends this side.
  public func sendTrailers(_ fields: [HeaderField]) { end(.trailers(fields)) }

  /// The same, of fields that were prepared.
  public func sendTrailers(_ block: HeaderBlock) { end(.block(block)) }

  /// Ends this side after what is queued.
  public func endStream() { end(.plain) }

  private func end(_ how: Ending) {
    guard !isClosed, case .none = ending else { return }
    ending = how
    awaitRequestEnd()
    resume()
  }

  private func awaitRequestEnd() {
    guard connection.role == .server, !isRemoteEnded else { return }
    requestEndTimer = loop.schedule(after: connection.limits.requestEnd) { [unowned self] in
      dropRequest()
      // The answer still waits to be read.
      if requestEndTimer != nil { awaitRequestEnd() }
    }
  }

  /// Wants no more of the request, if the answer is out.
  private func dropRequest() {
    guard nghttp2_session_get_stream_local_close(connection.session, id) == 1 else { return }
    requestEndTimer?.cancel()
    requestEndTimer = nil
    reset(.noError)
  }

  /// Ends the stream in both directions at once; what is queued is dropped.
  public func reset(_ code: HTTP2ErrorCode) {
    guard !isClosed, let session = connection.session else { return }
    guard id != 0 else { return connection.abandon(self) }
    nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, code.rawValue)
    connection.setNeedsFlush()
  }

  /// Gives back flow-control credit for `count` bytes received.
  public func consumed(_ count: Int) {
    let count = min(count, unconsumed)
    guard !isClosed, count > 0, let session = connection.session else { return }
    unconsumed -= count
    // The stream's own window doesn't matter when nothing more comes.
    guard !isRemoteEnded else { return }
    nghttp2_session_consume_stream(session, id, count)
    connection.setNeedsFlush()
  }

  /// Whether `count` more bytes of body keep to what the peer has said. Once they don't, none do.
  func expects(_ count: Int) -> Bool {
    guard let left = bodyLeft else { return true }
    bodyLeft = left >= count ? left - count : -1
    return left >= count
  }

  /// Whether the body may end here.
  var isBodyWhole: Bool { bodyLeft ?? 0 == 0 }

  func received(_ bytes: UnsafeRawBufferPointer) {
    unconsumed += bytes.count
    nghttp2_session_consume_connection(connection.session, bytes.count)
    handler?.dataReceived(bytes)
    if requestEndTimer != nil { dropRequest() }
  }

  /// Whether nothing happens here before the peer has read, or has sent its headers.
  var isWaitingForPeer: Bool {
    if case .none = ending { return handler == nil || outgoing.count > 0 }
    return true
  }

  func didClose(_ reason: StreamClose) {
    guard !isClosed else { return }
    isClosed = true
    requestEndTimer?.cancel()
    requestEndTimer = nil
    unconsumed = 0
    connection.queuedBytes -= outgoing.count
    outgoing.removeAll(keeping: HTTP2Limits.restingStreamBytes)
    let handler = handler
    self.handler = nil
    handler?.closed(reason)
    ending = .none
  }

  /// Tells the handler that it may go on sending, if it is waiting for that.
  func reportWritable() {
    let enough = connection.isQueueFull ? 0 : HTTP2Limits.highWaterBytes / 2
    guard mustReportWritable, !isClosed, outgoing.count <= enough else { return }
    mustReportWritable = false
    handler?.writable()
  }

  private func resume() {
    if isDry, let session = connection.session {
      isDry = false
      nghttp2_session_resume_data(session, id)
    }
    connection.setNeedsFlush()
  }

  /// nghttp2 wants up to `room.count` bytes of body.
  fileprivate func fillFrame(
    _ room: UnsafeMutableRawBufferPointer, _ flags: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let count = min(room.count, outgoing.count)
    if count > 0 {
      room.copyMemory(from: UnsafeRawBufferPointer(rebasing: outgoing.bytes[..<count]))
      outgoing.removeFirst(count)
      connection.queuedBytes -= count
      connection.takenBytes += count
      if mustReportWritable { connection.mayBecomeWritable(self) }
    }
    guard outgoing.isEmpty else { return count }
    switch ending {
    case .none:
      guard count == 0 else { return count }
      isDry = true
      return Int(NGHTTP2_ERR_DEFERRED.rawValue)
    case .plain:
      flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
      return count
    case .trailers(let fields):
      let isTaken = connection.buffers.headers.withFields(fields) { submitTrailers($0, $1) }
      guard isTaken else { return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue) }
    case .block(let block):
      guard submitTrailers(block.vector, block.count) else {
        return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
      }
    }
    flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
    return count
  }

  private func submitTrailers(_ fields: UnsafePointer<nghttp2_nv>?, _ count: Int) -> Bool {
    nghttp2_submit_trailer(connection.session, id, fields, count) == 0
  }
}

private func readOutgoing(
  _ session: OpaquePointer?, _ id: Int32, _ buffer: UnsafeMutablePointer<UInt8>?, _ count: Int,
  _ flags: UnsafeMutablePointer<UInt32>?, _ source: UnsafeMutablePointer<nghttp2_data_source>?,
  _ connection: UnsafeMutableRawPointer?
) -> Int {
  guard let buffer, let flags, let pointer = source?.pointee.ptr else {
    return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
  }
  return Unmanaged<HTTP2Stream>.fromOpaque(pointer)._withUnsafeGuaranteedRef {
    $0.fillFrame(UnsafeMutableRawBufferPointer(start: buffer, count: count), flags)
  }
}
