import Glibc

/// SIGTERM and SIGINT, taken out of the way of every thread and waited for by one.
struct StopSignals {
  private var signals = sigset_t()

  /// Must be made before any other thread: threads inherit what is blocked.
  init() {
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// Blocks the thread until one of them comes.
  func wait() -> CInt {
    var signals = signals
    var signal: CInt = 0
    while sigwait(&signals, &signal) != 0 {}
    return signal
  }

  /// Ends the process when the next one comes: who asks twice doesn't want to wait for the calls that still run.
  func endProcessOnNext() {
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { _ in
        // What a shell calls the status of a program that a signal ended.
        _exit(128 + StopSignals().wait())
      }, nil)
    pthread_detach(thread)
  }
}
