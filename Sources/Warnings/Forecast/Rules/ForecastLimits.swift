/// The bounds of a forecast, and what was chosen by measurement (`Tests/Warnings/ForecastErrorTests`).
enum ForecastLimits {
  static let second: Int64 = 1_000_000
  static let minute = 60 * second
  static let hour = 60 * minute
  static let day = 24 * hour

  /// Minutes kept: what the windows of up to two hours are counted from.
  static let minutes = 128
  /// Neither hours nor quarters of them were better: slots of the day, and of what is older.
  static let slot = 30 * minute
  static let slotsPerDay = Int(day / slot)
  /// A week: the middle one of seven days is another day's flash sale in spite of three odd days.
  static let days = 7
  /// A day counts for the pattern if so much of it was looked at.
  static let shareOfDay = 0.75
  /// Fewer days show no pattern.
  static let leastDays = 2

  /// Two neighbouring windows are the same if their counts differ by at most three standard deviations
  /// (χ² with one degree of freedom), where rates themselves are taken to swing by a hundredth.
  static let threshold = 9.0
  static let swing = 0.01
  /// Until the day's pattern is known a longer window would average over parts of it.
  static let longestWithoutDays = hour
  /// A level is expected to last so many times as long again as it has lasted, until it has lasted long.
  static let persistence = 10.0
  static let settled = 2 * hour
  /// Slots with so many numbers show by their middle what is usual; with fewer, the mean does.
  static let countsForMiddle = 10.0

  /// Between two looks further apart the server wasn't running: nothing is known of that time.
  static let longestGap = 10 * minute
  /// A forecast needs so much time looked at.
  static let leastLooked = 5 * minute
  /// What isn't used by then lasts.
  static let farthest = 30 * day
  /// Steps of the walk ahead: fine where demand may just have changed, coarse where only days count.
  static let fineStep = 5 * minute
  static let fineUntil = 2 * hour
  static let slotsUntil = 2 * day

  /// The horizons that forecasts are scored at.
  static let horizons = [10 * minute, hour, day]
  /// Scores kept a horizon: what "usually" means.
  static let scores = 15
  /// Fewer scores say nothing.
  static let leastScores = 3
  /// A forecast that hasn't come true after so many times its horizon is scored as it stands.
  static let overdue: Int64 = 4
  /// Errors are kept in hundredths; this one is "off by far".
  static let worstPercent: UInt8 = 255
}
