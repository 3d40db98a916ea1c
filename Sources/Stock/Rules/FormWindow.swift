/// The window of a form, µs since the Unix epoch: from `start` on and before `end`.
struct FormWindow: Sendable, Equatable {
  let start: Int64
  let end: Int64

  /// A window that is in order. Times that aren't any are nil.
  init(start: Int64?, end: Int64?) throws(StockRefusal) {
    guard let start else { throw .windowInvalid(field: "form.window_start") }
    guard let end, end > start, end - start <= StockLimits.longestWindow else {
      throw .windowInvalid(field: "form.window_end")
    }
    self.start = start
    self.end = end
  }

  var length: Int64 { end - start }
}
