@testable import Numbers

extension Allocation {
  /// A number as its holder sees it.
  struct Number: Sendable, Equatable {
    var number: String
    var generation: UInt32
  }

  var lease: Int64 { handed.lease }
  var expireTime: Int64? { handed.expireTime }

  var numbers: [Number] {
    var numbers: [Number] = []
    for run in handed.runs {
      form.numbers(of: run) { numbers.append(Number(number: $0, generation: run.generation)) }
    }
    return numbers
  }
}

/// An allocation without the pieces that it is made of, which a model doesn't know.
struct GivenNumbers: Sendable, Equatable {
  var numbers: [Allocation.Number]
  var lease: Int64
  var expireTime: Int64?
  var low: LowSerials?
}

extension GivenNumbers {
  init(_ allocation: Allocation) {
    self.init(
      numbers: allocation.numbers, lease: allocation.lease, expireTime: allocation.expireTime,
      low: allocation.low)
  }
}
