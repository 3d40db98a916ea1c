/// What became of a serial. Each below its series' next one is in exactly one state.
enum SerialState: Int32, Sendable, CaseIterable {
  case inStock = 1
  case live = 2
  case waiting = 3
  case completed = 4
  case retiredAfterRelease = 5
  case retiredAfterExpiry = 6
  case lapsed = 7
  case skipped = 8
  case beforeStart = 9
  /// In no table, or in two.
  case unaccounted = 10

  /// Of a number that came back.
  init(returned cause: ReturnCause, isRetired: Bool) {
    switch (isRetired, cause) {
    case (false, _): self = .waiting
    case (true, .released): self = .retiredAfterRelease
    case (true, .expired): self = .retiredAfterExpiry
    }
  }
}
