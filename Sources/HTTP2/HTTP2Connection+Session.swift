internal import CNGHTTP2

// nghttp2's callbacks. They are formed in nonisolated functions: a closure of an isolated context
// would check its isolation on each call, and trap on a loop's thread.

extension HTTP2Connection {
  /// The session with its first frames queued; nil if there is no memory.
  func makeSession() -> OpaquePointer? {
    var session: OpaquePointer?
    let me = Unmanaged.passUnretained(self).toOpaque()
    let new = role == .server ? nghttp2_session_server_new3 : nghttp2_session_client_new3
    let setup = role == .server ? SessionSetup.server : SessionSetup.client
    guard let setup, var allocator = buffers.memory.allocator,
      new(&session, setup.callbacks, me, setup.options, &allocator) == 0
    else { return nil }
    var settings = [
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
        value: UInt32(limits.streamWindowBytes)),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
        value: UInt32(clamping: limits.headerListBytes)),
    ]
    let streams = NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS
    settings.append(
      role == .server
        ? nghttp2_settings_entry(
          settings_id: Int32(streams.rawValue), value: limits.concurrentStreams)
        : nghttp2_settings_entry(
          settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0))
    let flags = UInt8(NGHTTP2_FLAG_NONE.rawValue)
    nghttp2_submit_settings(session, flags, settings, settings.count)
    nghttp2_session_set_local_window_size(session, flags, 0, limits.connectionWindowBytes)
    return session
  }
}

/// Callbacks and options, the same for every session of a role.
// @unchecked: nghttp2 only reads them once they are made.
private struct SessionSetup: @unchecked Sendable {
  let callbacks: OpaquePointer
  let options: OpaquePointer

  static let server = SessionSetup(.server)
  static let client = SessionSetup(.client)

  private init?(_ role: HTTP2Connection.Role) {
    var callbacks: OpaquePointer?
    var options: OpaquePointer?
    guard nghttp2_session_callbacks_new(&callbacks) == 0, nghttp2_option_new(&options) == 0,
      let callbacks, let options
    else { return nil }
    self.callbacks = callbacks
    self.options = options
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, didBeginHeaders)
    nghttp2_session_callbacks_set_on_header_callback(callbacks, didReceiveHeader)
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, didReceiveFrame)
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, didReceiveData)
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, didCloseStream)
    // A server looks after them itself: `MessageRules`.
    if role == .server { nghttp2_option_set_no_http_messaging(options, 1) }
    // Credit is given back by the readers.
    nghttp2_option_set_no_auto_window_update(options, 1)
    // Closed streams are kept for RFC 7540 priorities only, which RFC 9113 has dropped.
    nghttp2_option_set_no_closed_streams(options, 1)
    // Space at the ends of values is no error in gRPC, so fields that have it aren't dropped.
    nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(options, 1)
    // Rapid reset, ping and settings floods (CVE-2023-44487 and kin). Resets: at once, and a second.
    // Clients whose deadlines pass reset their calls, and a connection with many must survive that;
    // what handlers cost is bounded by their own limit.
    nghttp2_option_set_stream_reset_rate_limit(options, 20_000, 5_000)
    nghttp2_option_set_max_outbound_ack(options, 1000)
    nghttp2_option_set_max_settings(options, 32)
    nghttp2_option_set_max_continuations(options, 8)
  }
}

// What nghttp2 points to is alive during its callbacks: the connection because it is on the stack, a
// stream because the connection's list holds it. So neither is retained here, several times a call.

private func with(_ data: UnsafeMutableRawPointer?, _ body: (HTTP2Connection) -> Void) -> Int32 {
  guard let data else { return Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
  Unmanaged<HTTP2Connection>.fromOpaque(data)._withUnsafeGuaranteedRef(body)
  return 0
}

private func withStream(_ session: OpaquePointer?, _ id: Int32, _ body: (HTTP2Stream) -> Void)
  -> Bool
{
  guard let pointer = nghttp2_session_get_stream_user_data(session, id) else { return false }
  Unmanaged<HTTP2Stream>.fromOpaque(pointer)._withUnsafeGuaranteedRef(body)
  return true
}

private func isHeaders(_ frame: UnsafePointer<nghttp2_frame>) -> Bool {
  frame.pointee.hd.type == UInt8(NGHTTP2_HEADERS.rawValue)
}

private func didBeginHeaders(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
  _ data: UnsafeMutableRawPointer?
) -> Int32 {
  with(data) { connection in
    guard let frame, isHeaders(frame) else { return }
    let isRequest = frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST
    connection.beginHeaders(isRequest ? .request : .trailers)
    guard isRequest else { return }
    let id = frame.pointee.hd.stream_id
    let stream = connection.insertStream(id: id)
    nghttp2_session_set_stream_user_data(session, id, Unmanaged.passUnretained(stream).toOpaque())
  }
}

private func didReceiveHeader(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
  _ name: UnsafePointer<UInt8>?, _ nameCount: Int, _ value: UnsafePointer<UInt8>?,
  _ valueCount: Int, _ flags: UInt8, _ data: UnsafeMutableRawPointer?
) -> Int32 {
  guard let data, let frame else { return Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
  return Unmanaged<HTTP2Connection>.fromOpaque(data)._withUnsafeGuaranteedRef { connection in
    let name = UnsafeRawBufferPointer(start: name, count: nameCount)
    let value = UnsafeRawBufferPointer(start: value, count: valueCount)
    // What passes the list's limit is dropped, so it isn't looked at: each field may be a byte that stands
    // for kilobytes (RFC 7541 section 6.1).
    guard connection.keepsHeaders else { return 0 }
    guard connection.role == .client || connection.rules.accepts(name, value) else {
      refuse(session, frame.pointee.hd.stream_id)
      // No more of this block is wanted, nor its end.
      return Int32(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
    }
    connection.headers?._withUnsafeGuaranteedRef { $0.append(name: name, value: value) }
    return 0
  }
}

/// Resets the stream of a malformed request (RFC 9113 section 8.1.1).
private func refuse(_ session: OpaquePointer?, _ id: Int32) {
  nghttp2_submit_rst_stream(
    session, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, HTTP2ErrorCode.protocolError.rawValue)
}

private func didReceiveFrame(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
  _ data: UnsafeMutableRawPointer?
) -> Int32 {
  with(data) { connection in
    guard let header = frame?.pointee.hd else { return }
    let isAnswer = header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0
    switch UInt32(header.type) {
    case NGHTTP2_DATA.rawValue:
      guard header.isEnd else { return }
      _ = withStream(session, header.stream_id) { stream in
        guard stream.isBodyWhole else { return refuse(session, stream.id) }
        end(stream)
      }
    case NGHTTP2_HEADERS.rawValue:
      guard let headers = connection.takeHeaders() else { return }
      _ = withStream(session, header.stream_id) { stream in
        guard connection.accepts(headers, of: stream, endStream: header.isEnd) else {
          return refuse(session, stream.id)
        }
        deliver(headers, to: stream, connection, endStream: header.isEnd)
      }
      connection.buffers.giveBack(headers)
    case NGHTTP2_SETTINGS.rawValue: if !isAnswer { connection.settingsReceived() }
    case NGHTTP2_PING.rawValue:
      guard isAnswer, let ping = frame?.pointee.ping else { return }
      connection.pingAnswered(
        withUnsafeBytes(of: ping.opaque_data) { $0.loadUnaligned(as: UInt64.self) })
    case NGHTTP2_GOAWAY.rawValue: connection.goAwayReceived()
    default: break
    }
  }
}

private func deliver(
  _ headers: HeaderList, to stream: HTTP2Stream, _ connection: HTTP2Connection, endStream: Bool
) {
  if stream.handler == nil, connection.role == .server {
    stream.handler = connection.accept?(stream)
    stream.hasResponse = true
    stream.handler?.headersReceived(headers, endStream: endStream)
  } else if stream.hasResponse {
    stream.handler?.trailersReceived(headers)
  } else {
    // An informational response comes before the real one (RFC 9113 section 8.1).
    if let status = headers.first(":status"), status.first == UInt8(ascii: "1") { return }
    stream.hasResponse = true
    stream.handler?.headersReceived(headers, endStream: endStream)
  }
  if endStream { end(stream) }
}

private func end(_ stream: HTTP2Stream) {
  stream.isRemoteEnded = true
  stream.handler?.endReceived()
}

private func didReceiveData(
  _ session: OpaquePointer?, _ flags: UInt8, _ id: Int32, _ bytes: UnsafePointer<UInt8>?,
  _ count: Int, _ data: UnsafeMutableRawPointer?
) -> Int32 {
  var isRead = false
  _ = withStream(session, id) { stream in
    guard stream.expects(count) else { return refuse(session, id) }
    isRead = true
    // Told already, because then what is read needs no credit.
    if flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 { stream.isRemoteEnded = true }
    stream.received(UnsafeRawBufferPointer(start: bytes, count: count))
  }
  // Without a reader, the connection's credit must not go with the stream.
  if !isRead { nghttp2_session_consume_connection(session, count) }
  return 0
}

private func didCloseStream(
  _ session: OpaquePointer?, _ id: Int32, _ code: UInt32, _ data: UnsafeMutableRawPointer?
) -> Int32 {
  with(data) { connection in
    let reason = HTTP2ErrorCode(rawValue: code)
    guard let pointer = nghttp2_session_get_stream_user_data(session, id) else { return }
    // Retained here, because the list that it is removed from may have held the last reference.
    let stream = Unmanaged<HTTP2Stream>.fromOpaque(pointer).takeUnretainedValue()
    connection.remove(stream, reason == .noError ? .complete : .reset(reason))
  }
}

extension nghttp2_frame_hd {
  fileprivate var isEnd: Bool { flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 }
}
