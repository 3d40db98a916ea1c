internal import CNGHTTP2
internal import EventLoop

extension HTTP2Connection {
  /// Reads what is there, up to the bound of a tick, and gives it to nghttp2, which calls back.
  func readInput() {
    var budget = HTTP2Limits.readBytesPerTick
    while budget > 0, state == .open, let transport {
      switch transport.read(into: buffers.read) {
      case .done(let count):
        budget -= count
        feed(UnsafeRawBufferPointer(rebasing: buffers.read[..<count]))
        // A short read of a plain socket has emptied it; asking again would cost a system call.
        if count < buffers.read.count, !transport.isTLS { return finishIfDone() }
      case .needsRead: return finishIfDone()
      case .needsWrite: return watch(for: [.readable, .writable])
      case .ended: return close()
      case .failed(let reason): return close(reason)
      }
    }
    // Out of budget. The socket reports again by itself, what TLS holds doesn't.
    if state == .open, transport?.hasBufferedInput == true {
      loop.execute { [self] in readInput() }
    }
    finishIfDone()
  }

  private func feed(_ bytes: UnsafeRawBufferPointer) {
    guard let session else { return }
    isInSession = true
    let count = nghttp2_session_mem_recv(
      session, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    isInSession = false
    setNeedsFlush()
    guard count < 0 else { return }
    if count == Int(NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue) {
      answerHTTP1()
      close("the peer does not speak HTTP/2")
    } else {
      // What nghttp2 queued to explain itself (GOAWAY) goes out first.
      writeOutput()
      close(String(cString: nghttp2_strerror(Int32(count))))
    }
  }

  /// A short answer in the words of whoever came with HTTP/1.
  private func answerHTTP1() {
    let answer: StaticString = """
      HTTP/1.1 505 HTTP Version Not Supported\r\nContent-Type: text/plain\r\nContent-Length: 63\r\n\
      Connection: close\r\n\r\nThis port speaks gRPC over HTTP/2 (by prior knowledge or ALPN)\n
      """
    _ = transport?.write(
      UnsafeRawBufferPointer(start: answer.utf8Start, count: answer.utf8CodeUnitCount))
  }

  /// Writes what nghttp2 has, gathered into few system calls, until the socket is full, nothing is
  /// left, or the bound of a tick is reached.
  func writeOutput() {
    guard let session, writeUnsent() else { return }
    let room = buffers.write
    var used = 0
    var budget = HTTP2Limits.writeBytesPerTick
    var isBlocked = false
    isInSession = true
    while budget > 0, !isBlocked {
      var frame: UnsafePointer<UInt8>?
      let count = nghttp2_session_mem_send(session, &frame)
      guard count > 0, let frame else {
        if count < 0 { close(String(cString: nghttp2_strerror(Int32(count)))) }
        break
      }
      budget -= count
      let bytes = UnsafeRawBufferPointer(start: frame, count: count)
      if used + count > room.count {
        isBlocked = !write(UnsafeRawBufferPointer(rebasing: room[..<used]))
        used = 0
      }
      if isBlocked || count > room.count {
        unsent.append(bytes)
      } else {
        UnsafeMutableRawBufferPointer(rebasing: room[used..<used + count]).copyMemory(from: bytes)
        used += count
      }
    }
    isInSession = false
    if used > 0 { _ = write(UnsafeRawBufferPointer(rebasing: room[..<used])) }
    if budget <= 0, !isBlocked { setNeedsFlush() }
    reportWritable()
  }

  private func reportWritable() {
    guard !maybeWritable.isEmpty else { return }
    let streams = maybeWritable
    maybeWritable.removeAll(keepingCapacity: true)
    for stream in streams { stream.reportWritable() }
  }

  /// Closes when a server's peer has it queue answers to frames and doesn't read them. nghttp2 bounds
  /// answers to PING and SETTINGS alone, not the RST_STREAM of each stream that is refused.
  func closeIfAnswersPileUp() {
    guard role == .server, !unsent.isEmpty, let session,
      nghttp2_session_get_outbound_queue_size(session) > HTTP2Limits.queuedFrames
    else { return }
    close("the peer does not read the answers to its frames")
  }

  /// Writes what the socket did not take before; says whether that is all gone.
  private func writeUnsent() -> Bool {
    while !unsent.isEmpty, let transport {
      switch transport.write(unsent.bytes) {
      case .done(let count):
        takenBytes += count
        unsent.removeFirst(count)
      case .failed(let reason):
        close(reason)
        return false
      case .needsRead, .needsWrite, .ended:
        watch(for: [.readable, .writable])
        return false
      }
    }
    watch(for: .readable)
    return true
  }

  /// Writes `bytes`; says whether the socket took them all. What it did not take is kept.
  private func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes
    if !unsent.isEmpty {
      unsent.append(rest)
      return false
    }
    while !rest.isEmpty, let transport {
      switch transport.write(rest) {
      case .done(let count): rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      case .failed(let reason):
        close(reason)
        return false
      case .needsRead, .needsWrite, .ended:
        unsent.append(rest)
        watch(for: [.readable, .writable])
        return false
      }
    }
    return true
  }
}
