/// Neighbouring serials that one call hands out, all in the same generation.
struct HandedRun: Sendable, Equatable {
  var period: Int32
  var first: Int64
  var last: Int64
  var generation: UInt32
  /// What the numbers' timestamps show. Wall clock, µs.
  var generated: Int64

  var count: Int64 { last - first + 1 }
}

/// The numbers that a call handed out, in so few pieces that they can be kept to be told again: with
/// the template, which never changes, they say every number's text.
struct HandedNumbers: Sendable, Equatable {
  /// Of the pool's templates, the one of them all: no call hands out numbers of two.
  var edition: Int32
  /// In the order in which the numbers are told.
  var runs: [HandedRun] = []
  /// 0 where there is none.
  var lease: Int64
  /// Wall clock, µs.
  var expireTime: Int64?

  var count: Int64 { runs.reduce(0) { $0 + $1.count } }

  /// Adds a number; those that follow one another become one run.
  mutating func append(_ run: HandedRun) {
    guard let last = runs.last, last.period == run.period, last.last &+ 1 == run.first,
      last.generation == run.generation, last.generated == run.generated
    else {
      runs.append(run)
      return
    }
    runs[runs.count - 1].last = run.last
  }
}

extension NumberForm {
  /// The text of every number of a run, in order.
  func numbers(of run: HandedRun, _ each: (String) -> Void) {
    // The template could show that year when the numbers were made.
    let skeleton = skeleton(at: run.generated) ?? []
    for serial in run.first...max(run.first, run.last) {
      each(number(skeleton, serial: serial, period: run.period))
    }
  }
}
