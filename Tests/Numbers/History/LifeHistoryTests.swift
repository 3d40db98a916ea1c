import Store
import Testing

@testable import Numbers

/// Random histories, each repeated by its seed, against the simplest model.
@Suite(.timeLimit(.minutes(10))) struct LifeHistoryTests {
  // Of seed 2 the clock is set back so early that nothing of it grows old.
  @Test(arguments: [1, 3, 4, 5] as [UInt64], LifeHistory.Kind.allCases)
  func equalsTheModel(seed: UInt64, kind: LifeHistory.Kind) async throws {
    var history = try await LifeHistory(seed: seed, kind)
    for step in 0..<400 {
      try await history.step()
      let problems = history.model.contradictions
      try #require(problems == [], "seed \(seed), step \(step)")
      if step % 20 == 19 {
        let differences = try await history.differences()
        try #require(differences == [], "seed \(seed), step \(step)")
      }
    }
    #expect(history.model.released > 0 && history.model.expired > 0 && history.model.completed > 0)
    #expect(kind != .counting || history.model.reused > 0)
    #expect(kind != .forgetting || history.forgotten > 0, "seed \(seed)")
    await history.book.close()
  }
}

/// One history in the making.
struct LifeHistory {
  enum Kind: CaseIterable {
    case counting, daily, aged, printed, forgetting

    var settings: PoolSettings {
      var settings = PoolSettings(
        template: self == .counting
          ? "N{serial:4}{check:37,36}" : "N{timestamp:yyyyMMddHHmmss}-{serial:4}")
      settings.quarantine = LifeHistory.quarantine
      settings.lowWatermark = 5
      settings.highWatermark = 20
      settings.generationBatch = 7
      settings.defaultLease = 60_000_000
      if self != .counting { settings.period = .daily }
      if self == .aged { settings.maxAge = 50_000_000 }
      if self == .printed { settings.reuse = .never }
      if self == .forgetting { settings.historyRetention = Limits.minRetention }
      return settings
    }
  }

  static let quarantine: Int64 = 30_000_000
  let kind: Kind
  /// How often the template was changed.
  var templates = 0
  let book: StoredBook
  var model = LifeModel()
  var random: SeededRandom
  /// Numbers seen of which only the end is known.
  var forgotten = 0
  /// Tokens that were good once.
  var oldTokens: [(number: String, generation: UInt32, holder: Int)] = []

  init(seed: UInt64, _ kind: Kind) async throws {
    self.kind = kind
    random = SeededRandom(seed: seed)
    book = try StoredBook()
    let settings = kind.settings
    _ = try await book.change { (book, now, rows) throws(Refusal) in
      try book.createPool("shop", settings, zone: .utc, at: now, rows: rows)
    }
  }

  mutating func step() async throws {
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<30: try await allocate()
    case 30..<50: try await complete()
    case 50..<65: try await release()
    case 65..<72: try await createLease()
    case 72..<80: try await renew()
    case 80..<86: try await useOldToken()
    case 86..<89: try await inVain()
    case 89: try await changeTemplate()
    case 90..<97: try await passTime()
    default: try await restart()
    }
  }

  private func caller(_ holder: Int) -> Caller { Caller(principal: "", holder: "h\(holder)") }

  private func liveNumbers() -> [String] {
    model.numbers.filter { if case .live = $0.value.state { true } else { false } }
      .map(\.key).sorted()
  }

  private mutating func allocate() async throws {
    var holder = Int.random(in: 0..<3, using: &random)
    var choice = AllocateCommand.LeaseChoice.poolDefault
    var ttl: Int64 = 60_000_000
    switch Int.random(in: 0..<3, using: &random) {
    case 0:
      ttl = Int64.random(in: 1...90, using: &random) * 1_000_000
      choice = .ttl(ttl)
    case 1:
      if let id = model.leases.keys.sorted().randomElement(using: &random),
        let lease = model.leases[id]
      {
        choice = .existing(id)
        holder = lease.holder
      }
    default: break
    }
    let command = AllocateCommand(
      business: "shop", count: Int.random(in: 1...6, using: &random), caller: caller(holder),
      lease: choice)
    let (result, now) = try await book.change { (book, now, rows) throws(Refusal) in
      try book.allocate(command, at: now, rows: rows)
    }
    let allocation = try result.get()
    if allocation.numbers.count != command.count {
      model.contradictions.append("asked for \(command.count), got \(allocation)")
    }
    model.allocated(allocation, by: holder, ttl: ttl, quarantine: Self.quarantine, at: now)
    oldTokens += allocation.numbers.map { ($0.number, $0.generation, holder) }
  }

  /// Some live numbers of one holder.
  private mutating func someLive() -> (holder: Int, numbers: [String])? {
    guard let first = liveNumbers().randomElement(using: &random),
      let holder = model.numbers[first]?.holder
    else { return nil }
    let all = liveNumbers().filter { model.numbers[$0]?.holder == holder }.shuffled(using: &random)
    return (holder, Array(all.prefix(Int.random(in: 1...4, using: &random))))
  }

  private func token(_ number: String, _ incarnation: UInt64) -> TokenValue {
    TokenValue(
      incarnation: incarnation, generation: UInt64(model.numbers[number]?.generation ?? 0))
  }

  private mutating func complete() async throws {
    guard let (holder, numbers) = someLive() else { return }
    let minor = Int64.random(in: 0...1_000, using: &random)
    let incarnation = book.store.incarnation
    let command = CompleteCommand(
      business: "shop", caller: caller(holder),
      items: numbers.map {
        CompleteCommand.Item(
          number: $0, token: token($0, incarnation), amount: .init(currency: "CNY", minor: minor))
      })
    // Twice in a row: the second time changes nothing.
    for attempt in 0..<2 {
      let (result, now) = try await book.change { (book, now, rows) throws(Refusal) in
        try book.complete(command, at: now, rows: rows)
      }
      _ = try result.get()
      guard attempt == 0 else { return }
      for number in numbers { model.ended(number, .completed, "CNY \(minor)", at: now) }
      model.amount += minor * Int64(numbers.count)
    }
  }

  private mutating func release() async throws {
    guard let (holder, numbers) = someLive() else { return }
    let incarnation = book.store.incarnation
    let command = ReleaseCommand(
      business: "shop", caller: caller(holder),
      items: numbers.map { ReleaseCommand.Item(number: $0, token: token($0, incarnation)) },
      reason: "because")
    let (result, now) = try await book.change { (book, now, rows) throws(Refusal) in
      try book.release(command, at: now, rows: rows)
    }
    _ = try result.get()
    for number in numbers {
      model.ended(number, .returned(at: now.boot, byRelease: true), "because", at: now)
    }
  }

  private mutating func createLease() async throws {
    let holder = Int.random(in: 0..<3, using: &random)
    let ttl = Int64.random(in: 1...120, using: &random) * 1_000_000
    let caller = caller(holder)
    let (result, now) = try await book.change { (book, now, rows) throws(Refusal) in
      try book.createLease("shop", ttl: ttl, caller: caller, at: now, rows: rows)
    }
    let lease = try result.get()
    if model.leases[lease.id] != nil { model.contradictions.append("lease \(lease.id) twice") }
    model.leases[lease.id] = LifeModel.Lease(
      holder: holder, ttl: ttl, expires: now.boot + ttl, isImplicit: false)
  }

  private mutating func renew() async throws {
    guard let id = model.leases.keys.sorted().randomElement(using: &random),
      let lease = model.leases[id]
    else { return }
    let caller = caller(lease.holder)
    let (result, now) = try await book.change { (book, now, rows) throws(Refusal) in
      try book.renew("shop", lease: id, caller: caller, at: now, rows: rows)
    }
    _ = try result.get()
    model.leases[id]?.expires = now.boot + lease.ttl
    model.renewed(id, at: now)
  }

  /// A token that may be out of date: it does what the model says, and nothing else.
  private mutating func useOldToken() async throws {
    guard let old = oldTokens.randomElement(using: &random), let known = model.numbers[old.number]
    else { return }
    let command = CompleteCommand(
      business: "shop", caller: caller(old.holder),
      items: [
        CompleteCommand.Item(
          number: old.number,
          token: TokenValue(
            incarnation: book.store.incarnation, generation: UInt64(old.generation)),
          amount: .init(currency: "CNY", minor: 7_777))
      ])
    let (result, now) = try await book.change { (book, now, rows) throws(Refusal) in
      try book.complete(command, at: now, rows: rows)
    }
    let isGood: Bool
    if case .live = known.state {
      isGood = known.generation == old.generation
    } else {
      isGood = false
    }
    switch result {
    case .success:
      // A repetition of this very call is answered, and the counters will show that it did nothing.
      if known.state == .completed, known.generation == old.generation { return }
      if !isGood { model.contradictions.append("\(old) completed \(known)") }
      model.ended(old.number, .completed, "CNY 7777", at: now)
      model.amount += 7_777
    case .failure(let refusal):
      if isGood { model.contradictions.append("\(old) refused: \(refusal)") }
    }
  }

  /// What is taken back leaves no trace.
  private mutating func inVain() async throws {
    let before = try await book.look { book, _ in BookSnapshot(book) }
    let command = AllocateCommand(
      business: "shop", count: Int.random(in: 1...30, using: &random), caller: caller(1))
    let live = someLive()
    let incarnation = book.store.incarnation
    let completion = live.map { live in
      CompleteCommand(
        business: "shop", caller: caller(live.holder),
        items: live.numbers.map {
          CompleteCommand.Item(
            number: $0, token: token($0, incarnation), amount: .init(currency: "EUR", minor: 1))
        })
    }
    try await book.changeInVain { (book, now, rows) throws(Refusal) in
      _ = try book.allocate(command, at: now, rows: rows)
      if let completion { _ = try book.complete(completion, at: now, rows: rows) }
      _ = try book.createLease(
        "shop", ttl: nil, caller: command.caller, at: now, rows: rows)
    }
    let after = try await book.look { book, _ in BookSnapshot(book) }
    if !Self.equalButForStock(before, after) {
      model.contradictions.append("a call that was taken back left a trace")
    }
  }

  /// The generator may have filled the pool in between, and dropped what was too old.
  private static func equalButForStock(_ one: BookSnapshot, _ other: BookSnapshot) -> Bool {
    guard var one = one.pools["shop"], var other = other.pools["shop"] else { return false }
    one.ranges = []
    other.ranges = []
    one.stockCount = 0
    other.stockCount = 0
    one.next = [:]
    other.next = [:]
    one.counts = [:]
    other.counts = [:]
    one.nextEvent = 0
    other.nextEvent = 0
    one.counters.generated = 0
    other.counters.generated = 0
    one.counters.lapsed = 0
    other.counters.lapsed = 0
    one.lastGenerated = 0
    other.lastGenerated = 0
    return one == other
  }

  /// Another letter in front: what is held stays good, what came back is retired.
  private mutating func changeTemplate() async throws {
    guard templates < 20 else { return }
    templates += 1
    let letter = String(Unicode.Scalar(UInt8(ascii: "N") - UInt8(templates % 13)))
    let template = letter + "\(templates)" + kind.settings.template
    _ = try await book.change { (book, now, rows) throws(Refusal) in
      try book.updatePool("shop", zone: .utc, at: now, rows: rows) { $0.template = template }
    }.0.get()
  }

  private mutating func passTime() async throws {
    if Bool.random(using: &random) {
      book.clock.stepWall(by: .seconds(Int.random(in: -100_000...100_000, using: &random)))
    }
    let chance = kind == .forgetting ? 2 : 4
    let isLong = kind != .counting && Int.random(in: 0..<chance, using: &random) == 0
    let most = isLong ? 50_000 : 40
    book.clock.advance(by: .seconds(Int.random(in: 1...most, using: &random)))
    // What is old is forgotten a piece at a time, at its own pace.
    if kind == .forgetting {
      for _ in 0..<4 {
        book.clock.advance(by: .seconds(61))
        for _ in 0..<20 { _ = try await book.look { book, _ in book.pools.count } }
      }
    }
    try await book.settle()
    let now = try await book.look { _, now in now }
    model.expire(at: now)
  }

  /// The book that is read from the tables is the one that was closed.
  private mutating func restart() async throws {
    while try await book.look({ book, _ in !book.poolsToFill.isEmpty }) {}
    let before = try await book.look { book, _ in BookSnapshot(book) }
    try await book.reopen()
    let after = try await book.look { book, _ in BookSnapshot(book) }
    if before != after {
      model.contradictions.append("after a restart: \(after.differences(from: before))")
    }
  }

  mutating func differences() async throws -> [String] {
    let (snapshot, texts, contradictions) = try await book.look { book, _ in
      (BookSnapshot(book), book.liveNumbers(of: "shop"), book.contradictions)
    }
    return contradictions + model.differences(from: snapshot.pools["shop"], numbers: texts)
      + (try await historyDifferences())
  }
}

extension Book {
  /// The texts of all live numbers.
  func liveNumbers(of business: String) -> Set<String> {
    guard let pool = byBusiness[ExactText(business)].flatMap({ pools[Int($0)] }) else { return [] }
    var texts: Set<String> = []
    for edition in pool.editions {
      for index in edition.series.values {
        for (serial, slot) in series[index]?.live ?? PagedIndex() {
          guard let lock = locks[slot], let skeleton = edition.skeleton(at: lock.generated) else {
            continue
          }
          texts.insert(
            edition.form.number(skeleton, serial: serial, period: series[index]?.period ?? 0))
        }
      }
    }
    return texts
  }
}
