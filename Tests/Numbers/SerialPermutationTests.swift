import Testing

@testable import Numbers

@Suite struct SerialPermutationTests {
  private static let key = SerialPermutation.Key(word0: 0x0123_4567, word1: 0x89AB_CDEF)

  /// The published vectors of SipHash-2-4: bytes 0, 1, 2… under the key 0, 1, … 15.
  @Test(
    arguments: [
      (0, 0x726f_db47_dd0e_0e31), (8, 0x93f5_f579_9a93_2462), (16, 0x3f2a_cc7f_57c2_9bdb),
    ] as [(Int, UInt64)])
  func theRoundsAreThoseOfSipHash(bytes: Int, hash: UInt64) {
    var rounds = SipRounds(
      SerialPermutation.Key(word0: 0x0706_0504_0302_0100, word1: 0x0f0e_0d0c_0b0a_0908))
    for word in 0..<(bytes / 8) {
      rounds.absorb((0..<8).reduce(0) { $0 | UInt64(word * 8 + $1) << (8 * UInt64($1)) })
    }
    #expect(rounds.finish(byteCount: UInt64(bytes)) == hash)
  }

  @Test(
    arguments: [
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 17, 35, 99, 100, 143, 144, 145, 999, 1_295, 9_999,
      46_655, 99_999,
    ] as [Int64])
  func isABijectionOfEveryRange(last: Int64) {
    for period: Int32 in [.min, 0, 20_778] {
      let permutation = SerialPermutation(key: Self.key, last: last)
      var isSeen = [Bool](repeating: false, count: Int(last))
      for serial in 1...last {
        let shown = permutation.shown(serial, period: period)
        guard (1...last).contains(shown), !isSeen[Int(shown - 1)] else {
          Issue.record("\(serial) shows \(shown)")
          return
        }
        isSeen[Int(shown - 1)] = true
        #expect(permutation.serial(shown, period: period) == serial)
      }
    }
  }

  /// Ranges too large to go through: the ends, what is near the digits' borders, and some between.
  @Test(
    arguments: [
      999_998, 999_999, 1_000_000, 9_999_999, 60_466_175, 999_999_999, 2_176_782_335,
      999_999_999_999_999_999, 4_738_381_338_321_616_895, .max,
    ] as [Int64])
  func isInvertedOnLargeRanges(last: Int64) {
    let permutation = SerialPermutation(key: Self.key, last: last)
    var random = SeededRandom(seed: UInt64(last))
    let serials =
      [1, 2, 3, last - 2, last - 1, last]
      + (0..<2_000).map { _ in Int64.random(in: 1...last, using: &random) }
    var shown: Set<Int64> = []
    for serial in Set(serials) {
      let other = permutation.shown(serial, period: 7)
      #expect((1...last).contains(other) && shown.insert(other).inserted)
      #expect(permutation.serial(other, period: 7) == serial)
    }
  }

  @Test(arguments: [999, 999_999, 999_999_999] as [Int64])
  func anotherKeyAndAnotherPeriodShowOthers(last: Int64) {
    let permutation = SerialPermutation(key: Self.key, last: last)
    let others: [(String, (Int64) -> Int64)] = [
      (
        "one bit",
        {
          SerialPermutation(
            key: .init(word0: Self.key.word0 ^ 1, word1: Self.key.word1), last: last
          )
          .shown($0, period: 1)
        }
      ),
      (
        "the other word",
        {
          SerialPermutation(
            key: .init(word0: Self.key.word0, word1: Self.key.word1 ^ 1), last: last
          )
          .shown($0, period: 1)
        }
      ),
      ("the next period", { permutation.shown($0, period: 2) }),
      ("nothing", { $0 }),
    ]
    for (what, other) in others {
      // Of two random permutations one in so many agrees: about one of all.
      let same = (1...900).count { permutation.shown($0, period: 1) == other($0) }
      #expect(same < 12, "\(what): \(same) of 900 are the same")
    }
  }

  /// Neighbours aren't near each other, and whether the next is above or below tells nothing.
  @Test func showsNoOrder() {
    let last: Int64 = 999_999
    let permutation = SerialPermutation(key: Self.key, last: last)
    let shown = (1...20_000).map { permutation.shown($0, period: 20_778) }
    let rises = zip(shown, shown.dropFirst()).count { $0 < $1 }
    // Half, with a deviation of √(20,000 / 12) = 41.
    #expect((9_800...10_200).contains(rises))
    let near = zip(shown, shown.dropFirst()).count { abs($0 - $1) < 1_000 }
    // 0.2 % of random pairs: 40, with a deviation of 6.3.
    #expect((10...75).contains(near))
    // Of each tenth of the range the first serials show about as many, and so of each last digit.
    for tenth in 0..<10 {
      let inTenth = shown.count { $0 * 10 / (last + 1) == tenth }
      let lastDigit = shown.count { $0 % 10 == tenth }
      #expect((1_800...2_200).contains(inTenth) && (1_800...2_200).contains(lastDigit))
    }
    // The difference of a pair doesn't come again for the pair after it.
    let steps = zip(shown, shown.dropFirst()).map { ($1 - $0 + last) % last }
    #expect(zip(steps, steps.dropFirst()).count { $0 == $1 } < 5)
  }

  @Test func keysAreRandom() {
    let keys = (0..<100).map { _ in SerialPermutation.Key.random() }
    #expect(Set(keys.flatMap { [$0.word0, $0.word1] }).count == 200)
  }
}

@Suite(.timeLimit(.minutes(10))) struct SerialSettingsTests {
  @Test func anUnguessablePoolKnowsItsNumbers() throws {
    let shop = try BookFixture("{serial:5}-{timestamp:yyyyMMdd}{check:37,36}") {
      $0.unguessable = true
      $0.period = .daily
      $0.reuse = .atOnce
    }
    let numbers = try shop.numbers(300)
    #expect(Set(numbers).count == 300 && numbers != numbers.sorted())
    let forms = try shop.book.forms(of: "shop")
    for (place, number) in numbers.enumerated() {
      #expect(try NumberView(number, among: forms).serial == Int64(place) + 1)
    }
    // Inside, everything has the true serial.
    #expect(shop.rows.locks.numbers.map(\.serial).sorted() == Array(1...300))
    try shop.complete(Array(numbers[..<100]))
    try shop.release(Array(numbers[100..<200]))
    #expect(try shop.numbers(100) == Array(numbers[100..<200]))
    #expect(
      try shop.book.lock("shop", number: numbers[0], at: shop.now, rows: shop.rows).number
        == numbers[0])
    shop.advance(seconds: 86_400)
    let tomorrow = try shop.numbers(300)
    #expect(zip(tomorrow, numbers).count { $0.prefix(5) == $1.prefix(5) } < 10)
    // Yesterday's are still found.
    try shop.complete([numbers[250]])
    #expect(shop.book.contradictions == [])
  }

  @Test func periodsBeginWithTheStartSerial() throws {
    let shop = try BookFixture("{timestamp:yyyyMMdd}{serial:3}") {
      $0.period = .daily
      $0.startSerial = 998
      $0.highWatermark = 0
      $0.lowWatermark = 0
    }
    #expect(try shop.stock().remainingInPeriod == 2)
    #expect(try shop.numbers(2) == ["20261121998", "20261121999"])
    #expect(throws: Refusal.serialsExhausted(period: "2026-11-21", remaining: 0)) {
      try shop.allocate()
    }
    shop.advance(seconds: 86_400)
    #expect(try shop.numbers() == ["20261122998"])
    #expect(shop.book.contradictions == [])
  }

  @Test func theyChangeOnlyWithTheTemplate() throws {
    let shop = try BookFixture("A{serial:2}")
    let first = try shop.numbers()
    #expect(throws: Refusal.settingFixed(.startSerial)) { try shop.update { $0.startSerial = 2 } }
    #expect(throws: Refusal.settingFixed(.unguessableSerials)) {
      try shop.update { $0.unguessable = true }
    }
    for start: Int64 in [.min, 0, 100, .max] {
      #expect(throws: Refusal.settingOutOfRange(.startSerial, least: 1, most: 99)) {
        try shop.update {
          $0.template = "B{serial:2}"
          $0.startSerial = start
        }
      }
    }
    try shop.update {
      $0.template = "B{serial:2}"
      $0.startSerial = 50
    }
    #expect(try shop.numbers() == ["B50"])
    try shop.complete(first)
    try shop.update {
      $0.template = "C{serial:2}"
      $0.unguessable = true
    }
    try shop.update { $0.template = "D{serial:2}" }
    let keys = try shop.book.pool(of: "shop").editions.map(\.form.permutation?.key)
    #expect(keys[0] == nil && keys[1] == nil && keys[2] != nil && keys[3] != nil)
    #expect(keys[2] != keys[3])
  }

  @Test func keyAndStartSurviveARestart() async throws {
    let book = try StoredBook()
    let me = Caller(principal: "", holder: "me")
    let command = AllocateCommand(business: "shop", count: 50, caller: me)
    let numbers = try await book.change { (book, now, rows) throws(Refusal) in
      var settings = PoolSettings(template: "N{serial:6}")
      settings.unguessable = true
      settings.startSerial = 700_000
      _ = try book.createPool("shop", settings, zone: .utc, at: now, rows: rows)
      return try book.allocate(command, at: now, rows: rows).numbers.map(\.number)
    }.0.get()
    while try await book.look({ book, _ in !book.poolsToFill.isEmpty }) {}
    let before = try await book.look { book, _ in BookSnapshot(book) }
    try await book.reopen()
    let after = try await book.look { book, _ in BookSnapshot(book) }
    #expect(after == before, "\(after.differences(from: before))")
    for number in numbers {
      let (lock, _) = try await book.change { (book, now, rows) throws(Refusal) in
        try book.lock("shop", number: number, at: now, rows: rows)
      }
      #expect(try lock.get().number == number)
    }
    let forms = try await book.look { book, _ in (try? book.forms(of: "shop")) ?? [] }
    #expect(try NumberView(numbers[7], among: forms).serial == 700_007)
    await book.close()
  }
}
