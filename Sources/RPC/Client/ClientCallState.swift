/// What is known of a client's call: a value that is told what happened.
///
///     phase    | what happened              | phase
///     ---------+----------------------------+-------------------------------------------
///     waiting  | headers that are gRPC's    | open
///     waiting  | a status                   | ended with it: it came with the headers, alone
///     waiting  | other headers              | ended: mapped from the HTTP status
///     open     | trailers                   | ended with their status, or UNKNOWN without one
///     any      | deadline, cancel, refusal  | ended with that
///     any      | stream closed              | ended: mapped from the reset, or UNAVAILABLE
///     ended    |                            | ended as it was
///
/// Messages that came before the server's status are taken before it.
struct ClientCallState {
  enum Phase {
    case waiting
    case open
    /// nil is OK.
    case ended(RPCError?)
  }

  private(set) var phase = Phase.waiting
  private(set) var isSending = true

  var hasEnded: Bool {
    if case .ended = phase { return true }
    return false
  }

  /// What the call failed with, if it has.
  var failure: RPCError? {
    if case .ended(let error) = phase { return error }
    return nil
  }

  mutating func headersReceived(httpStatus: Int?, isGRPC: Bool) {
    guard case .waiting = phase else { return }
    if let httpStatus, httpStatus != 200 {
      let code = StatusCode(httpStatus: httpStatus)
      phase = .ended(RPCError(code, "the server answered with HTTP status \(httpStatus)"))
    } else if !isGRPC || httpStatus == nil {
      phase = .ended(RPCError(.unknown, "the server's answer is not gRPC"))
    } else {
      phase = .open
    }
  }

  /// A status came, in trailers or in headers that are all of the response.
  mutating func statusReceived(_ status: Result<Void, RPCError>) {
    guard !hasEnded else { return }
    switch status {
    case .success: phase = .ended(nil)
    case .failure(let error): phase = .ended(error)
    }
  }

  mutating func responseEnded() {
    guard !hasEnded else { return }
    phase = .ended(RPCError(.unknown, "the response has ended without a status"))
  }

  /// Returns whether this is what ended the call.
  mutating func failed(_ error: RPCError) -> Bool {
    guard !hasEnded else { return false }
    phase = .ended(error)
    return true
  }

  /// Returns whether the sending side was open.
  mutating func sendingEnded() -> Bool {
    defer { isSending = false }
    return isSending
  }
}
