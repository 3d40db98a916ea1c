@testable import Numbers

/// What a pool must do, said as simply as it can be: every number ever made with its state, looked
/// through from end to end. How a number is written, and which settings are in range, have their
/// own tests; both are taken from the code under test.
///
/// Two things are the server's choice and are followed, not foretold: how far the generator has
/// gone ahead, and in which order numbers come back whose leases ran out together. Both are checked
/// against what they may be.
struct PoolModel {
  struct Holding: Equatable {
    var generation: UInt32
    var caller: Caller
    /// 0 where there is none.
    var lease: Int64
    /// Wall clock, µs.
    var allocated: Int64
  }

  enum State: Equatable {
    case inStock
    case lapsed
    case live(Holding)
    case ended(Holding, at: Int64, EndedNumber.End)
  }

  struct Number {
    var text: String
    /// Wall clock, µs: what its timestamp shows.
    var made: Int64
    var state: State
  }

  struct Lease {
    var caller: Caller
    /// µs.
    var ttl: Int64
    /// On the lease clock, µs.
    var expires: Int64
    /// It was made with its numbers, and ends with the last of them.
    var isImplicit: Bool
  }

  struct Given {
    var number: String
    var generation: UInt32
    var caller: Caller
  }

  /// A number that waits to be handed out again.
  struct Waiting: Equatable {
    var number: NumberKey
    /// On the lease clock, µs.
    var since: Int64
  }

  let business: String
  let kind: HistoryPool
  let incarnation: UInt64
  var settings: PoolSettings
  /// Live numbers that a holder may have, where the settings don't say.
  var quotas: [ExactText: Int64] = [:]
  /// What holds each switch off.
  var stops: [PoolSwitch: [StopCause]] = [:]
  /// Of every template that it ever had.
  var forms: [NumberForm]
  /// Pool 0 in every key: there is only one here.
  var numbers: [NumberKey: Number] = [:]
  var byText: [String: NumberKey] = [:]
  /// Every handing out that there was.
  var given: [Given] = []
  /// In the order in which they go out.
  var stock: [NumberKey] = []
  var line: [Waiting] = []
  /// Serials that an import passed over, and that no later one took.
  var skipped: Set<NumberKey> = []
  /// What happened to each number, in order.
  var lives: [NumberKey: [NumberEvent]] = [:]
  /// The last serial made or passed over of each series, which is named by serial 0.
  var lastMade: [NumberKey: Int64] = [:]
  var leases: [Int64: Lease] = [:]
  var nextLease: Int64 = 1
  var counters = Counters()
  var amounts: [String: Int64] = [:]
  var lastGenerated = Int64.min
  /// The series of which it was said that few serials are left.
  var lowTold: NumberKey?

  init(
    _ business: String, _ kind: HistoryPool, _ settings: PoolSettings, incarnation: UInt64,
    key: SerialPermutation.Key?
  ) throws(Refusal) {
    self.business = business
    self.kind = kind
    self.settings = settings
    self.incarnation = incarnation
    forms = []
    forms.append(try form(of: settings, key))
  }

  /// The key is the server's own: what it makes of serials is.
  private func form(
    of settings: PoolSettings, _ key: SerialPermutation.Key?
  ) throws(Refusal) -> NumberForm {
    do throws(TemplateProblem) {
      let template = try NumberTemplate(parsing: settings.template, period: settings.period)
      return try NumberForm(
        business: business, template: template, period: settings.period, zone: .utc,
        firstSerial: settings.startSerial, key: settings.unguessable ? key : nil)
    } catch {
      throw .templateInvalid(error)
    }
  }

  mutating func update(
    _ change: HistoryChange, of kind: HistoryPool, key: SerialPermutation.Key?
  ) throws(Refusal) {
    var new = settings
    change.apply(to: &new, of: kind)
    if let problem = new.problem { throw problem }
    if new.template != settings.template {
      let form = try form(of: new, key)
      guard form.firstSerial <= form.lastSerial else {
        throw .settingOutOfRange(.startSerial, least: 1, most: form.lastSerial)
      }
      for form in forms where form.template.text == new.template {
        throw .templateMayRepeat(earlier: new.template)
      }
      forms.append(form)
    }
    settings = new
  }

  // MARK: - What follows from the state

  func text(_ key: NumberKey) -> String { numbers[key]?.text ?? "?" }

  /// The series that numbers made now belong to, and the moment that they show.
  func target(_ now: Moment) -> (series: NumberKey, moment: Int64) {
    let moment = max(now.wall, lastGenerated)
    let period = settings.period == .daily ? Int32(moment / Limits.day) : 0
    let edition = Int32(forms.count - 1)
    return (NumberKey(pool: 0, edition: edition, period: period, serial: 0), moment)
  }

  func series(_ key: NumberKey) -> NumberKey {
    NumberKey(pool: key.pool, edition: key.edition, period: key.period, serial: 0)
  }

  func serialsLeft(_ series: NumberKey) -> Int64 {
    forms[Int(series.edition)].lastSerial - last(of: series)
  }

  /// The last serial made of a series; of a new one, that before its first.
  func last(of series: NumberKey) -> Int64 { lastMade[series] ?? settings.startSerial - 1 }

  /// Whether a number may still be handed out.
  func isFresh(_ key: NumberKey, _ now: Moment) -> Bool {
    guard key.edition == Int32(forms.count - 1), let made = numbers[key]?.made else { return false }
    if let maxAge = settings.maxAge { return target(now).moment - made <= maxAge }
    return series(key) == target(now).series
  }

  func isOutOfQuarantine(_ waiting: Waiting, _ now: Moment) -> Bool {
    switch settings.reuse {
    case .atOnce: true
    case .afterQuarantine: now.boot - waiting.since >= settings.quarantine
    case .never: false
    }
  }

  func held(under lease: Int64) -> [NumberKey] {
    numbers.compactMap { key, number in
      if case .live(let holding) = number.state, holding.lease == lease { key } else { nil }
    }
  }

  func held(by holder: String) -> Int64 {
    Int64(
      numbers.values.count { number in
        guard case .live(let holding) = number.state else { return false }
        return ExactText(holding.caller.holder) == ExactText(holder)
      })
  }

  func view(_ now: Moment) -> StockView {
    let series = target(now).series
    var view = StockView()
    view.live = counters.live
    view.generated = lastGenerated == .min ? nil : lastGenerated
    view.period = settings.period.text(series.period)
    view.remainingInPeriod = serialsLeft(series)
    view.isLow = serialsLeft(series) <= forms[forms.count - 1].lastSerial / Limits.lowSerialsShare
    view.remainingInPool = Int64(stock.count { isFresh($0, now) })
    if settings.reuse != .never {
      let fresh = line.filter { isFresh($0.number, now) }
      let free = fresh.count { isOutOfQuarantine($0, now) }
      view.remainingInPool += Int64(free)
      view.quarantined = Int64(fresh.count - free)
    }
    return view
  }
}
