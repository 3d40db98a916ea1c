/// How high demand is now, apart from the time of day: counted over as long a window before now as
/// shows no change.
struct DemandLevel: Sendable, Equatable {
  /// Numbers a µs where the day's factor is 1.
  var level = 0.0
  /// What is usual; what a level that is new may go back to.
  var usual = 0.0
  /// How long the window is, µs; 0 where nothing was looked at.
  var age: Int64 = 0
  /// Numbers counted in the window.
  var count = 0.0
  /// Something else was before the window.
  var isNew = false

  /// A part of the time before now.
  struct Piece: Sendable, Equatable {
    var count = 0.0
    /// µs looked at, each weighed with its factor of the day.
    var exposure = 0.0
    /// µs.
    var length: Int64 = 0
  }

  init() {}

  /// From pieces that follow each other, the newest first.
  init(_ pieces: [Piece], usual: Double, isLimited: Bool) {
    self.usual = usual
    var window = Piece()
    for piece in pieces {
      if isLimited, window.length >= ForecastLimits.longestWithoutDays { break }
      if window.exposure > 0, piece.exposure > 0, !Self.agree(window, piece) {
        isNew = true
        break
      }
      window.count += piece.count
      window.exposure += piece.exposure
      window.length += piece.length
      if piece.exposure > 0 { age = window.length }
    }
    guard window.exposure > 0 else { return }
    level = window.count / window.exposure
    count = window.count
  }

  /// The level so far ahead: one that is new is expected to last a few times as long as it has lasted.
  func level(ahead: Int64) -> Double {
    guard isNew, age < ForecastLimits.settled else { return level }
    let lasts = ForecastLimits.persistence * Double(age)
    return usual + (level - usual) * lasts / (lasts + Double(ahead))
  }

  /// Whether two counts can be of the same demand.
  private static func agree(_ a: Piece, _ b: Piece) -> Bool {
    let rate = (a.count + b.count) / (a.exposure + b.exposure)
    guard rate > 0 else { return true }
    func distance(_ piece: Piece) -> Double {
      let expected = piece.exposure * rate
      let swing = ForecastLimits.swing * expected
      let off = piece.count - expected
      return off * off / (expected + swing * swing)
    }
    return distance(a) + distance(b) <= ForecastLimits.threshold
  }
}
