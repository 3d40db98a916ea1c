import Testing

@testable import Numbers

@Suite struct CompleteTests {
  private func amount(_ minor: Int64, _ currency: String = "CNY") -> CompleteCommand.Amount {
    CompleteCommand.Amount(currency: currency, minor: minor)
  }

  @Test func countsAndSumsByCurrency() throws {
    let shop = try BookFixture()
    let numbers = try shop.numbers(4)
    try shop.complete(Array(numbers[..<2]), amount: amount(150))
    try shop.complete([numbers[2]], amount: amount(7, "USD"))
    try shop.complete([numbers[3]])
    let view = try shop.book.counter("shop", at: shop.now)
    #expect(view.amounts == [amount(300), amount(7, "USD")])
    #expect(view.counters.completed == 4)
    #expect(view.counters.live == 0)
  }

  @Test func aRepetitionCountsOnceAndAnotherAmountIsRefused() throws {
    let shop = try BookFixture()
    let numbers = try shop.numbers(2)
    let first = try shop.complete(numbers, amount: amount(5))
    shop.advance(seconds: 5)
    #expect(try shop.complete(numbers, amount: amount(5)) == first)
    for other in [amount(6), amount(5, "USD"), nil] {
      #expect(throws: Refusal.completedDifferently(0)) {
        try shop.complete(numbers, amount: other)
      }
    }
    #expect(try shop.book.counter("shop", at: shop.now).amounts == [amount(10)])
  }

  @Test(arguments: [
    ("", 1, Refusal.currencyInvalid(0)), ("CN", 1, .currencyInvalid(0)),
    ("cny", 1, .currencyInvalid(0)), ("CNYX", 1, .currencyInvalid(0)),
    ("C1Y", 1, .currencyInvalid(0)), ("CNY", -1, .amountNegative(0)),
    ("CNY", .max, .amountOverflow(0)),
  ])
  func refusesAmounts(currency: String, minor: Int64, refusal: Refusal) throws {
    let shop = try BookFixture()
    let numbers = try shop.numbers(2)
    try shop.complete([numbers[0]], amount: amount(1))
    #expect(throws: refusal) {
      try shop.complete([numbers[1]], amount: amount(minor, currency))
    }
  }

  @Test func sumsWithinOneCallCannotOverflowEither() throws {
    let shop = try BookFixture()
    let numbers = try shop.numbers(2)
    #expect(throws: Refusal.amountOverflow(1)) {
      try shop.complete(numbers, amount: amount(.max / 2 + 1))
    }
    #expect(try shop.counters().completed == 0)
    try shop.complete(numbers, amount: amount(.max / 2))
  }

  @Test func currenciesAreLimited() throws {
    let shop = try BookFixture()
    let letters = "ABCDEFGHIJ".map(String.init)
    let codes = letters.flatMap { a in letters.flatMap { b in ["X\(a)\(b)", "Y\(a)\(b)"] } }
    for (code, number) in zip(codes, try shop.numbers(200)) {
      try shop.complete([number], amount: amount(1, code))
    }
    let number = try shop.numbers()
    #expect(throws: Refusal.currenciesExhausted(0)) {
      try shop.complete(number, amount: amount(1, "ZZZ"))
    }
    try shop.complete(number, amount: amount(1, "XAA"))
  }

  @Test func refusesNumbers() throws {
    let shop = try BookFixture("{timestamp:yyyyMMddHHmmss}{serial:3}{check:11,10}")
    let number = try shop.numbers()[0]
    #expect(throws: Refusal.numberTwice(1)) { try shop.complete([number, number]) }
    #expect(throws: Refusal.numbersOutOfRange) { try shop.complete([]) }
    #expect(throws: Refusal.numbersOutOfRange) {
      try shop.release(Array(repeating: number, count: 1_001))
    }
    #expect(throws: Refusal.numberInvalid(0, NumberProblem(kind: .length, position: 2))) {
      try shop.complete(["SO"])
    }
    // The same serial with another second: a number that fits the template and never was.
    let check = CheckCharacter.mod11and10.compute(over: "20261121155951001".utf8.span)
    let forged = "20261121155951001" + String(Unicode.Scalar(check))
    #expect(throws: Refusal.numberUnknown(0)) { try shop.complete([forged]) }
    try shop.complete([number])
    #expect(throws: Refusal.numberUnknown(0)) { try shop.complete([forged]) }
  }
}
