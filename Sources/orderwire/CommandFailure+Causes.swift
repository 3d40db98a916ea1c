import EventLoop
import Glibc
import HTTP2
import Messages
import RPC
import Store

extension CommandFailure {
  /// The store at `path` can't be opened, or has failed.
  init(_ error: StoreError, store path: String) {
    let sentence = "store \(path): \(error)"
    switch error {
    case .corrupt, .newerVersion:
      self.init(.badData, sentence)
    case .locked:
      self.init(.unavailable, sentence)
    case .notWritable:
      self.init(.noPermission, sentence)
    case .unavailable, .storage, .failed:
      self.init(.inputOutput, sentence)
    case .queueFull, .deadlineExceeded, .cancelled, .constraint, .statement, .closed:
      self.init(.internalFault, sentence)
    }
  }

  /// `address` can't be listened on.
  init(_ error: SystemError, listeningOn address: HostAndPort) {
    switch error.code {
    case EADDRINUSE:
      self.init(.unavailable, "\(address) is in use by another program")
    case EADDRNOTAVAIL:
      self.init(.unavailable, "\(address): this machine has no such address")
    case EACCES:
      self.init(
        .noPermission, "\(address): not allowed; ports below 1024 need CAP_NET_BIND_SERVICE")
    default:
      self.init(.unavailable, "can't listen on \(address): \(error)")
    }
  }

  /// A call ended with `error`: its sentence, then what a script may look for.
  init(_ error: RPCError) {
    var about = "\(error.code)"
    if let reason = error.errorInfo?.reason { about += ", \(reason)" }
    if let delay = error.retryInfo?.retryDelay { about += ", try again in \(delay.text)" }
    let status: EndStatus =
      switch error.code {
      case .unavailable, .deadlineExceeded, .cancelled: .unavailable
      case .resourceExhausted, .aborted: .refusedForNow
      default: .refused
      }
    self.init(status, printable("\(error.message) (\(about))"))
  }

  /// A certificate, key or list of authorities can't be used.
  init(_ error: TLSConfigurationError) {
    self.init(.missingInput, Self.withoutOpenSSLCodes(error.message))
  }

  /// OpenSSL says `WHAT: error:05800074:x509 certificate routines::key values mismatch`; a person needs the
  /// beginning and the end of it.
  static func withoutOpenSSLCodes(_ message: String) -> String {
    let parts = message.split(separator: ":", omittingEmptySubsequences: false)
    guard let error = parts.firstIndex(where: { $0.hasSuffix("error") }), error > 0,
      let last = parts.last, !last.isEmpty
    else { return message }
    return parts[..<error].joined(separator: ":") + ": " + last
  }
}
