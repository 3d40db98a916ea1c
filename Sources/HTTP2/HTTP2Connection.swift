// HTTP2: bytes to streams and back: listener, TLS, nghttp2 session, flow control, limits.
// It imports EventLoop, nghttp2, OpenSSL and sockets; it knows nothing of gRPC.

internal import CNGHTTP2
public import EventLoop

/// One HTTP/2 connection, of a server or a client. Confined to its loop.
///
///     state        event                    next
///     connecting   TCP connected (client)   handshaking
///     handshaking  TLS done, or no TLS      open: session made, SETTINGS queued
///     open         drain()                  open, as HTTP2Connection+Drain.swift has it
///     any          peer gone, fatal error,  closed: every open stream is told, the session and
///                  close(), time-out        the socket are freed
///
/// nghttp2 forbids sending inside its callbacks, so what handlers do there is queued, and one flush at
/// the end of the tick writes it; `close` inside a callback takes effect after the session returned.
// @unchecked: confined to its loop; it crosses into other isolation only to come back to that loop.
public final class HTTP2Connection: ReadinessHandler, @unchecked Sendable {
  enum Role { case server, client }
  enum State { case connecting, handshaking, open, closed }

  /// The loop that everything about this connection happens on.
  public let loop: Loop
  /// Who is at the other end.
  public internal(set) var peer: PeerInfo
  /// Called once on the loop when a client's peer says that it will take no more streams.
  public var onGoAway: (() -> Void)?
  /// Called once on the loop when the connection is closed, with the reason if it was an error.
  public var onClosed: ((String?) -> Void)?

  /// Handlers of calls on this connection that haven't returned, be their streams open or reset. Kept
  /// and bounded by the layer that runs them.
  public var runningHandlers = 0
  /// Bytes of requests on this connection that wait for their reader or their rest; kept likewise.
  public var bufferedRequestBytes = 0
  /// Bytes of bodies that were sent on this connection's streams and not yet given to the socket.
  public internal(set) var queuedBytes = 0

  let role: Role
  let limits: HTTP2Limits
  let buffers: LoopBuffers
  /// The header block that is coming in; from the loop's lists, and back there once it is whole.
  // Unmanaged, so that it isn't retained for each field.
  private(set) var headers: Unmanaged<HeaderList>?
  private(set) var state: State
  private(set) var session: OpaquePointer?
  var transport: Transport?
  private var watch: Watch?
  private var watched: Readiness = []
  private var handshakeTimer: Timer?
  var keepAliveTimer: Timer?
  /// Whether the last PING of the keep-alive has no answer yet.
  var isPingUnanswered = false
  /// How far a drain is.
  var drainPhase = DrainPhase.none
  var drainTimer: Timer?
  /// Bytes that the peer took out of what streams had queued and the socket held up, ever.
  var takenBytes = 0
  /// Bytes that the socket did not take.
  var unsent = ByteQueue()
  private var needsFlush = false
  /// Whether nghttp2 is on the stack.
  var isInSession = false
  private var closeReason: String??
  private(set) var firstStream: HTTP2Stream?
  private(set) var openStreams = 0
  /// Closed streams, for reuse.
  private var restingStreams: [HTTP2Stream] = []
  /// Streams that sent something while their sender waits.
  var maybeWritable: [HTTP2Stream] = []
  /// What a server's peer has to keep to in the block that is coming in.
  var rules = MessageRules(.request)
  /// Whether a client's peer takes no more streams.
  private var hasGoAway = false
  /// Who handles the streams that a server's peer opens.
  let accept: ((HTTP2Stream) -> any StreamHandler)?
  /// Called once on the loop when a session is there, on a client.
  var onOpen: (() -> Void)?

  init(
    transport: Transport, role: Role, state: State, loop: Loop, limits: HTTP2Limits, peer: PeerInfo,
    accept: ((HTTP2Stream) -> any StreamHandler)?
  ) {
    self.transport = transport
    self.role = role
    self.state = state
    self.loop = loop
    self.limits = limits
    self.peer = peer
    self.accept = accept
    buffers = LoopBuffers.of(loop)
  }

  deinit {
    headers?.release()
    if let session { nghttp2_session_del(session) }
  }

  /// Whether it is over.
  public var isClosed: Bool { state == .closed }
  var isOpen: Bool { state == .open }

  func start() {
    guard let transport else { return }
    watched = state == .connecting ? .writable : .readable
    do throws(SystemError) {
      watch = try loop.watch(transport.fd, watched, self)
    } catch {
      return close("\(error)")
    }
    handshakeTimer = loop.schedule(after: limits.handshake) { [unowned self] in
      close("the peer did not finish its handshake in time")
    }
    if state == .handshaking { advanceHandshake() }
  }

  public func ready(_ readiness: Readiness) {
    switch state {
    case .connecting: didConnect()
    case .handshaking: advanceHandshake()
    case .open:
      if readiness.contains(.writable) { setNeedsFlush() }
      if !readiness.isDisjoint(with: [.readable, .hungUp]) { readInput() }
      // Answered already, and nothing more is coming: while what is to be sent is in the processor's
      // cache, and so that the next connection's calls take the places of these.
      if role == .server, runningHandlers == 0 { flushIfNeeded() }
    case .closed: break
    }
  }

  public func loopEnded() { close("the loop has ended") }

  private func didConnect() {
    if let error = transport?.connectError { return close("connect: \(error)") }
    state = .handshaking
    advanceHandshake()
  }

  private func advanceHandshake() {
    guard let transport else { return }
    switch transport.handshake() {
    case .done: open()
    case .needsRead: watch(for: .readable)
    case .needsWrite: watch(for: .writable)
    case .ended: close("the peer closed during the handshake")
    case .failed(let reason): close(reason)
    }
  }

  private func open() {
    state = .open
    if let tls = transport?.peer { peer = PeerInfo(address: peer.address, tls: tls) }
    watch(for: .readable)
    session = makeSession()
    guard session != nil else { return close("nghttp2 has no memory") }
    setNeedsFlush()
    onOpen?()
    onOpen = nil
    // The first bytes may have come with the end of the handshake.
    readInput()
  }

  func watch(for readiness: Readiness) {
    guard readiness != watched, let watch else { return }
    watched = readiness
    loop.change(watch, readiness)
  }

  /// The peer's first SETTINGS frame: it speaks HTTP/2.
  func settingsReceived() {
    guard let handshakeTimer else { return }
    handshakeTimer.cancel()
    self.handshakeTimer = nil
    if role == .server { scheduleKeepAlive() }
  }

  /// Has everything queued written at the end of the tick.
  func setNeedsFlush() {
    guard !needsFlush, state == .open else { return }
    needsFlush = true
    buffers.flushAtTickEnd(self)
  }

  func flushIfNeeded() {
    guard needsFlush else { return }
    needsFlush = false
    guard state == .open else { return }
    writeOutput()
    closeIfAnswersPileUp()
    finishIfDone()
  }

  /// Closes when nghttp2 has nothing more to do, or when a callback asked for it.
  func finishIfDone() {
    guard !isInSession, state == .open else { return }
    if let closeReason { return tearDown(closeReason) }
    guard unsent.isEmpty, let session else { return }
    if nghttp2_session_want_read(session) == 0, nghttp2_session_want_write(session) == 0 {
      tearDown(nil)
    }
  }

  /// Closes at once, with what is queued lost; `reason` says what went wrong, nil that nothing did.
  public func close(_ reason: String? = nil) {
    guard state != .closed else { return }
    if isInSession {
      closeReason = .some(reason)
      setNeedsFlush()
    } else {
      tearDown(reason)
    }
  }

  private func tearDown(_ reason: String?) {
    state = .closed
    handshakeTimer?.cancel()
    keepAliveTimer?.cancel()
    drainTimer?.cancel()
    if let watch { loop.unwatch(watch) }
    watch = nil
    transport?.shutDown()
    transport = nil
    unsent.removeAll()
    maybeWritable.removeAll()
    while let stream = firstStream { remove(stream, .connectionLost) }
    buffers.restingStreams -= restingStreams.count
    restingStreams.removeAll()
    if let session { nghttp2_session_del(session) }
    session = nil
    if let headers = takeHeaders() { buffers.giveBack(headers) }
    let onClosed = onClosed
    self.onClosed = nil
    onGoAway = nil
    onOpen = nil
    onClosed?(reason)
  }

  // MARK: Streams

  /// Opens a client's stream; its headers are the first thing to send on it.
  public func openStream(handler: any StreamHandler) -> HTTP2Stream? {
    guard state == .open, role == .client, !hasGoAway else { return nil }
    let stream = insertStream(id: 0)
    stream.handler = handler
    return stream
  }

  /// A stream that is open from now on.
  func insertStream(id: Int32) -> HTTP2Stream {
    let stream = takeStream()
    stream.open(id: id)
    firstStream?.previous = stream
    stream.next = firstStream.take()
    firstStream = stream
    openStreams += 1
    return stream
  }

  func remove(_ stream: HTTP2Stream, _ reason: StreamClose) {
    guard !stream.isClosed else { return }
    if let previous = stream.previous {
      previous.next = stream.next
    } else {
      firstStream = stream.next
    }
    stream.next?.previous = stream.previous
    stream.next = nil
    stream.previous = nil
    openStreams -= 1
    stream.didClose(reason)
    rest(stream)
  }

  /// A closed stream that nobody else holds.
  private func takeStream() -> HTTP2Stream {
    if var stream = restingStreams.popLast() {
      buffers.restingStreams -= 1
      if isKnownUniquelyReferenced(&stream) { return stream }
    }
    return HTTP2Stream(connection: self)
  }

  private func rest(_ stream: HTTP2Stream) {
    guard state == .open, buffers.restingStreams < HTTP2Limits.restingStreams else { return }
    buffers.restingStreams += 1
    restingStreams.append(stream)
  }

  /// Ends a stream whose headers nghttp2 did not take, at the end of the tick, so that its handler
  /// isn't called inside its own call.
  func abandon(_ stream: HTTP2Stream) {
    if stream.id > 0, let session {
      nghttp2_session_set_stream_user_data(session, stream.id, nil)
      nghttp2_submit_rst_stream(
        session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id,
        HTTP2ErrorCode.internalError.rawValue)
    }
    loop.atTickEnd { self.remove(stream, .reset(.refusedStream)) }
  }

  func mayBecomeWritable(_ stream: HTTP2Stream) { maybeWritable.append(stream) }

  /// Whether so much is queued that streams wait for the peer to read what they sent.
  var isQueueFull: Bool { queuedBytes > HTTP2Limits.connectionQueueBytes }

  // MARK: Receiving headers

  func beginHeaders(_ block: MessageRules.Block) {
    rules = MessageRules(block)
    let list = takeHeaders() ?? buffers.takeHeaders()
    list.removeAll(limit: limits.headerListBytes)
    headers = .passRetained(list)
  }

  /// Whether there is still room for the block that is coming in.
  var keepsHeaders: Bool { headers?._withUnsafeGuaranteedRef { !$0.isTooLarge } ?? false }

  /// Whether a stream's header block, which has ended, is whole. On a client nghttp2 has seen to that.
  func accepts(_ headers: HeaderList, of stream: HTTP2Stream, endStream: Bool) -> Bool {
    guard role == .server else { return true }
    guard rules.isWhole(endStream: endStream, isCut: headers.isTooLarge) else { return false }
    if stream.handler == nil { stream.bodyLeft = rules.contentLength }
    return !endStream || stream.isBodyWhole
  }

  /// The header block that came in, which from now on is the caller's.
  func takeHeaders() -> HeaderList? {
    defer { headers = nil }
    return headers?.takeRetainedValue()
  }

  func goAwayReceived() {
    guard role == .client, !hasGoAway else { return }
    hasGoAway = true
    let onGoAway = onGoAway
    self.onGoAway = nil
    onGoAway?()
  }
}
