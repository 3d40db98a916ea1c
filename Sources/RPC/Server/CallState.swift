/// What may happen when in the life of a call on the server: a value that is told what happened and
/// answers what to do.
///
///     phase      | what happened   | phase   | what to do
///     -----------+-----------------+---------+------------------------------------------
///     receiving  | request ended   | running | start the handler
///     receiving  | failed          | done    | send the status
///     receiving  | stream closed   | done    | nothing
///     running    | request ended   | running | wake who reads
///     running    | handler returned| done    | send the status
///     running    | failed          | ended   | send the status, cancel the handler
///     running    | stream closed   | ended   | cancel the handler
///     ended      | handler returned| done    | nothing: the status is out, or can't be sent
///     any other  |                 | same    | nothing
///
/// A method with a stream of requests is `running` from its headers on. "Failed" is whatever ends a
/// call in the handler's place: a refused message, a limit, the deadline. A call is released for reuse
/// when it is `done` and its stream is closed; until its handler has returned it holds its slot.
struct CallState {
  enum Phase { case receiving, running, ended, done }

  enum AtRequestEnd { case startHandler, wakeReader, ignore }
  enum AtFailure { case sendStatus, sendStatusAndCancel, ignore }

  private(set) var phase = Phase.receiving
  private(set) var isRequestEnded = false
  private(set) var areHeadersSent = false
  private(set) var isStreamOpen = true

  /// Whether messages and headers of the response may be sent.
  var canRespond: Bool { phase == .running && isStreamOpen }

  /// Whether bytes of the request are still wanted.
  var wantsRequest: Bool { phase == .receiving || phase == .running }

  var isReleasable: Bool { phase == .done && !isStreamOpen }

  /// The method reads a stream: its handler starts at once.
  mutating func streamingHandlerStarted() {
    assert(phase == .receiving)
    phase = .running
  }

  mutating func requestEnded() -> AtRequestEnd {
    guard !isRequestEnded else { return .ignore }
    isRequestEnded = true
    switch phase {
    case .receiving:
      phase = .running
      return .startHandler
    case .running: return .wakeReader
    case .ended, .done: return .ignore
    }
  }

  /// Returns whether headers must go out before the message.
  mutating func messageSent() -> Bool {
    assert(canRespond)
    defer { areHeadersSent = true }
    return !areHeadersSent
  }

  /// Returns whether the handler's status is to be sent.
  mutating func handlerReturned() -> Bool {
    assert(phase == .running || phase == .ended, "a handler returns once")
    defer { phase = .done }
    return phase == .running
  }

  mutating func failed() -> AtFailure {
    switch phase {
    case .receiving:
      phase = .done
      return .sendStatus
    case .running:
      phase = .ended
      return .sendStatusAndCancel
    case .ended, .done: return .ignore
    }
  }

  /// Returns whether the handler is to be cancelled.
  mutating func streamClosed() -> Bool {
    isStreamOpen = false
    isRequestEnded = true
    switch phase {
    case .receiving:
      phase = .done
      return false
    case .running:
      phase = .ended
      return true
    case .ended, .done: return false
    }
  }
}
