/// One reader's place to wait in.
final class FeedWaiter: @unchecked Sendable {  // Guarded by the hub's monitor.
  var continuation: UnsafeContinuation<Void, Never>?
  var deadline: BootTime?
  /// For good: its reader's task is cancelled.
  var isCancelled = false
  /// It may read a page.
  var hasTurn = false
}
