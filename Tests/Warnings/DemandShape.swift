import Glibc
import StoreFaults

/// Two weeks of made-up demand, minute by minute, with Poisson's noise.
enum DemandShape: String, CaseIterable {
  /// The same all the time.
  case steady
  /// Low at night, high in the evening, and each day a little higher or lower than others.
  case day
  /// The same with a sale each morning at ten, eight times as high for half an hour.
  case dayWithSale
  /// The same with sales at any time, twelve times as high.
  case dayWithFlashSales
  /// Steady, with sales at any time.
  case flashSale
  /// Four times as much, or a quarter, from one minute to the next, every one to three days.
  case step
  /// Two an hour.
  case sparse
  /// A day's pattern that ends for good.
  case stopped

  static let days = 13
  static let minutes = days * 1440

  var hasDayPattern: Bool {
    switch self {
    case .day, .dayWithSale, .dayWithFlashSales: true
    case .steady, .flashSale, .step, .sparse, .stopped: false
    }
  }
}

/// What was demanded in each minute, and the minutes in which forecasts are made.
struct MadeUpDemand {
  private(set) var counts: [Int64] = []
  private(set) var moments: [Int] = []
  private var rates = Array(repeating: 60.0, count: DemandShape.minutes)
  private var random: SeededGenerator

  init(_ shape: DemandShape, seed: UInt64) {
    random = SeededGenerator(seed: seed)
    switch shape {
    case .steady: break
    case .day, .dayWithSale, .dayWithFlashSales, .stopped: makeDays()
    case .flashSale, .step: break
    case .sparse: rates = Array(repeating: 2.0 / 60, count: DemandShape.minutes)
    }
    var events: [Int] = []
    switch shape {
    case .steady, .day, .sparse: break
    case .dayWithSale:
      for start in stride(from: 600, to: DemandShape.minutes, by: 1440) { sell(start, times: 8) }
    case .dayWithFlashSales, .flashSale: events = makeFlashSales()
    case .step: events = makeSteps()
    case .stopped:
      let end = 9 * 1440 + pick(1440)
      for minute in end..<DemandShape.minutes { rates[minute] = 0 }
      events = [end]
    }
    chooseMoments(shape, events.filter { (8 * 1440..<11 * 1440).contains($0) })
    for rate in rates { counts.append(poisson(rate)) }
  }

  private mutating func makeDays() {
    for day in 0..<DemandShape.days {
      let level = 60 * exp(0.1 * normal())
      for minute in 0..<1440 {
        let hour = Double(minute) / 60
        rates[day * 1440 + minute] =
          level * (1 + 0.7 * sin(.pi / 12 * (hour - 9)) + 0.25 * sin(.pi / 6 * (hour - 7)))
      }
    }
  }

  private mutating func sell(_ start: Int, times: Double) {
    for minute in start..<max(start, min(start + 30, DemandShape.minutes)) {
      rates[minute] *= times
    }
  }

  private mutating func makeFlashSales() -> [Int] {
    var starts: [Int] = []
    var start = pick(1440)
    while start < DemandShape.minutes {
      sell(start, times: 12)
      starts.append(start)
      start += 720 + pick(1440)
    }
    return starts
  }

  private mutating func makeSteps() -> [Int] {
    var starts: [Int] = []
    var level = 60.0
    var next = 1000
    for minute in rates.indices {
      if minute == next {
        level = pick(2) == 0 ? min(level * 4, 960) : max(level / 4, 3.75)
        starts.append(minute)
        next += 1440 + pick(2880)
      }
      rates[minute] = level
    }
    return starts
  }

  /// At any time, and again around what happened; only there where the rest is without a question.
  private mutating func chooseMoments(_ shape: DemandShape, _ events: [Int]) {
    let spread = shape == .step ? -60..<360 : shape == .stopped ? -60..<60 : -60..<180
    for event in events {
      let count = shape == .stopped ? 40 : 12
      for _ in 0..<count { moments.append(event + spread.lowerBound + pick(spread.count)) }
    }
    if shape != .stopped {
      for _ in 0..<40 { moments.append(8 * 1440 + pick(3 * 1440)) }
    }
    moments.sort()
  }

  private mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

  private mutating func uniform() -> Double { Double.random(in: 0..<1, using: &random) }

  private mutating func normal() -> Double {
    sqrt(-2 * log(1 - uniform())) * cos(2 * .pi * uniform())
  }

  private mutating func poisson(_ mean: Double) -> Int64 {
    if mean > 50 { return max(0, Int64((mean + sqrt(mean) * normal()).rounded())) }
    let least = exp(-mean)
    var count: Int64 = -1
    var product = 1.0
    repeat {
      count += 1
      product *= uniform()
    } while product > least
    return count
  }
}
