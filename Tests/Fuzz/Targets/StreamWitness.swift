import HTTP2

/// Stands between a stream and its handler, and holds HTTP2 to what `StreamHandler` promises.
final class StreamWitness: StreamHandler {
  /// Streams that have a witness and weren't closed.
  nonisolated(unsafe) static var open = 0

  private enum Phase { case new, open, ended, closed }
  private let handler: any StreamHandler
  private var phase = Phase.new

  init(_ handler: any StreamHandler) {
    self.handler = handler
    Self.open += 1
  }

  func headersReceived(_ headers: borrowing HeaderList, endStream: Bool) {
    precondition(phase == .new, "headers in phase \(phase)")
    phase = .open
    handler.headersReceived(headers, endStream: endStream)
  }

  func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    precondition(phase == .open, "data in phase \(phase)")
    handler.dataReceived(bytes)
  }

  func trailersReceived(_ headers: borrowing HeaderList) {
    precondition(phase == .open, "trailers in phase \(phase)")
    handler.trailersReceived(headers)
  }

  func endReceived() {
    precondition(phase == .open, "the end in phase \(phase)")
    phase = .ended
    handler.endReceived()
  }

  func writable() {
    precondition(phase != .closed, "writable after closed")
    handler.writable()
  }

  func connectionStopping() {
    precondition(phase != .closed, "stopping after closed")
    handler.connectionStopping()
  }

  func closed(_ reason: StreamClose) {
    precondition(phase != .closed, "closed twice")
    phase = .closed
    Self.open -= 1
    handler.closed(reason)
  }
}
