import Glibc
import Synchronization

/// SIGTERM and SIGINT, taken out of the way of every other thread and waited for by one of their own.
///
///     phase     | a signal comes
///     ----------+--------------------------------------------------------------------
///     starting  | the process ends at once: nothing was acknowledged yet
///     serving   | `wait` returns, and the process stops in good order: stopping
///     stopping  | the process ends at once: who asks twice doesn't want to wait
///
/// A process that ends at once has the status that a shell gives one that the signal ended.
final class StopSignals: Sendable {
  private enum Phase: UInt8, AtomicRepresentable { case starting, serving, stopping }

  private let phase = Atomic(Phase.starting)
  /// A pipe: the signal is written to one end and `wait` reads it from the other.
  private let reading: CInt
  private let writing: CInt

  /// Must be made before any other thread: threads inherit what is blocked.
  init() {
    var ends: [CInt] = [-1, -1]
    // Without it a signal ends the process at once, in every phase.
    _ = pipe(&ends)
    reading = ends[0]
    writing = ends[1]
    var signals = Self.signals
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    var thread = pthread_t()
    let me = Unmanaged.passRetained(self).toOpaque()
    pthread_create(&thread, nil, takeSignals, me)
    pthread_detach(thread)
  }

  private static var signals: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    return signals
  }

  /// From now on a signal asks for a stop in good order. Call it before anybody is told that the
  /// server is ready.
  func beginServing() {
    phase.store(.serving, ordering: .sequentiallyConsistent)
  }

  /// Blocks the thread until one of them comes.
  func wait() -> CInt {
    var signal: UInt8 = 0
    while read(reading, &signal, 1) != 1, errno == EINTR {}
    return CInt(signal)
  }

  fileprivate func takeAll() {
    var signals = Self.signals
    var signal: CInt = 0
    while true {
      guard sigwait(&signals, &signal) == 0 else { continue }
      let (isFirst, _) = phase.compareExchange(
        expected: .serving, desired: .stopping, ordering: .sequentiallyConsistent)
      var byte = UInt8(truncatingIfNeeded: signal)
      guard isFirst, write(writing, &byte, 1) == 1 else { _exit(128 + signal) }
    }
  }
}

private func takeSignals(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let pointer { Unmanaged<StopSignals>.fromOpaque(pointer).takeUnretainedValue().takeAll() }
  return nil
}
