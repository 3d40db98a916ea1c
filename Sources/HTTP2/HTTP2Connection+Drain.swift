internal import CNGHTTP2
internal import EventLoop

/// The end of a connection in good order (RFC 9113 section 6.8).
///
///     phase      event                               next
///     none       drain()                             announced: a GOAWAY that names no stream yet, and a PING
///     announced  the PING's answer: no stream that   stopping: the GOAWAY that names the last stream; the
///                was opened before the peer read     handlers are told
///                the announcement is lost
///     announced  no answer for `drainAnswer`         the same
///     stopping   no stream is open                   closed
///     stopping   for `drainAnswer` everything that   closed: whoever reads nothing holds up no stop
///                is open waited for the peer, which
///                took nothing
enum DrainPhase { case none, announced, stopping }

extension HTTP2Connection {
  /// Whether the connection ends as soon as the streams have that are open.
  public var isStopping: Bool { drainPhase == .stopping }

  /// Announces the end.
  public func drain() {
    guard drainPhase == .none else { return }
    guard isOpen, let session else { return close() }
    drainPhase = .announced
    nghttp2_submit_shutdown_notice(session)
    submitPing(.drain, session)
    drainTimer = loop.schedule(after: limits.drainAnswer) { [unowned self] in drainAnswered() }
  }

  func drainAnswered() {
    guard drainPhase == .announced, let session else { return }
    drainPhase = .stopping
    nghttp2_submit_goaway(
      session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nghttp2_session_get_last_proc_stream_id(session),
      HTTP2ErrorCode.noError.rawValue, nil, 0)
    setNeedsFlush()
    closeUnlessTaken()
    var stream = firstStream
    while let told = stream {
      // First, because what it does may end the stream.
      stream = told.next
      told.handler?.connectionStopping()
    }
  }

  private func closeUnlessTaken() {
    let before = takenBytes
    drainTimer?.cancel()
    drainTimer = loop.schedule(after: limits.drainAnswer) { [unowned self] in
      guard takenBytes == before, isWaitingForPeer else { return closeUnlessTaken() }
      close("the peer did not take what was left for it")
    }
  }

  private var isWaitingForPeer: Bool {
    var stream = firstStream
    while let open = stream {
      guard open.isWaitingForPeer else { return false }
      stream = open.next
    }
    return true
  }
}
