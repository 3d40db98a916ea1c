import ArgumentParser
import Messages

/// A time as people write it: a number and one of the units s, m, h, d.
struct DurationArgument: ExpressibleByArgument, Equatable {
  let seconds: Int64

  private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]

  init?(argument: String) {
    guard let last = argument.last, let unit = Self.units[last],
      let number = Int64(argument.dropLast()), number >= 0
    else { return nil }
    let (seconds, overflows) = number.multipliedReportingOverflow(by: unit)
    guard !overflows else { return nil }
    self.seconds = seconds
  }

  var message: ProtoDuration { ProtoDuration(seconds: seconds) }
}
