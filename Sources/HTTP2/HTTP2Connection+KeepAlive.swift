internal import CNGHTTP2
internal import EventLoop

/// A server asks each peer now and then whether it is there. The answer must come through all that the
/// peer has to read and to send before, so one that does neither is found out, whatever it holds open.
extension HTTP2Connection {
  func scheduleKeepAlive() {
    keepAliveTimer = loop.schedule(after: limits.keepAlive) { [unowned self] in keepAlive() }
  }

  private func keepAlive() {
    guard let session else { return }
    if isPingUnanswered { return close("the peer did not answer a PING in time") }
    isPingUnanswered = true
    submitPing(.keepAlive, session)
    scheduleKeepAlive()
  }

  /// What a PING of ours is for; its bytes tell, so that one's answer isn't taken for the other's.
  enum Ping: UInt64 { case drain, keepAlive }

  func submitPing(_ ping: Ping, _ session: OpaquePointer) {
    withUnsafeBytes(of: ping.rawValue) {
      _ = nghttp2_submit_ping(
        session, UInt8(NGHTTP2_FLAG_NONE.rawValue),
        $0.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
    setNeedsFlush()
  }

  func pingAnswered(_ bytes: UInt64) {
    switch Ping(rawValue: bytes) {
    case .drain: drainAnswered()
    case .keepAlive: isPingUnanswered = false
    case nil: break
    }
  }
}
