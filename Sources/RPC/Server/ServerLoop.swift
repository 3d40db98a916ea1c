internal import EventLoop
internal import HTTP2
internal import Messages

/// What the calls on one loop share. Confined to that loop.
// @unchecked: confined to `loop`, but made before the loop runs.
final class ServerLoop: @unchecked Sendable {
  let loop: Loop
  let limits: ServerLimits
  let methods: MethodTable
  let arena: Arena
  /// Handlers that haven't returned.
  private(set) var runningHandlers = 0
  /// Bytes of requests that wait for their reader or their rest.
  private(set) var requestBytes = 0
  private let handlersReturned = Waiter()
  private var free: [ServerCall] = []
  /// Whether calls are kept for others. They hold this object, so a server that ends keeps none.
  private var keepsCalls = true

  init(loop: Loop, limits: ServerLimits, methods: MethodTable) {
    self.loop = loop
    self.limits = limits
    self.methods = methods
    arena = Arena(limit: limits.decodedBytes)
  }

  /// A call that is used for the first time, or again.
  func takeCall() -> ServerCall {
    if var call = free.popLast() {
      // A handler may have kept its context longer than the call: then it keeps the object, too.
      if isKnownUniquelyReferenced(&call) { return call }
    }
    return ServerCall(self)
  }

  /// Whether one more handler may run for a connection that reads its answers; if so it counts from now on.
  func handlerMayStart(for connection: HTTP2Connection) -> Bool {
    guard runningHandlers < limits.handlersPerLoop,
      connection.runningHandlers < limits.handlersPerConnection,
      connection.queuedBytes <= limits.responseBytesPerConnection
    else { return false }
    runningHandlers += 1
    connection.runningHandlers += 1
    return true
  }

  func handlerReturned(for connection: HTTP2Connection) {
    runningHandlers -= 1
    connection.runningHandlers -= 1
    if runningHandlers == 0 { handlersReturned.wakeAll() }
  }

  /// Counts bytes of a request that have to wait; says whether there is room for them.
  func requestBytesWait(_ count: Int, on connection: HTTP2Connection) -> Bool {
    requestBytes += count
    connection.bufferedRequestBytes += count
    return requestBytes <= limits.requestBytesPerLoop
      && connection.bufferedRequestBytes <= limits.requestBytesPerConnection
  }

  /// Bytes that were counted wait no longer.
  func requestBytesLeft(_ count: Int, on connection: HTTP2Connection) {
    requestBytes -= count
    connection.bufferedRequestBytes -= count
  }

  /// Waits until no handler runs, but no longer than `limit`, and lets go of all that was kept for later
  /// calls. From any thread.
  func end(atMost limit: Duration) async {
    await Task(executorPreference: loop) { [self] in
      keepsCalls = false
      free.removeAll()
      guard runningHandlers > 0 else { return }
      let timer = loop.schedule(after: limit) { [self] in handlersReturned.wakeAll() }
      await handlersReturned.wait(on: loop)
      timer.cancel()
    }.value
  }

  func release(_ call: ServerCall) {
    if keepsCalls, free.count < Limits.pooledCalls { free.append(call) }
  }
}
