@testable import Forwarding

/// A command on its way.
struct SentCall: Sendable {
  var call: ForwardingCall
  var inVain = false
}

/// The callers of a history, who know what they gave in and what they were handed.
struct ForwardingCallers {
  /// Every order that was ever given in, whatever became of it.
  private var given: [ModelOrder] = []
  private var numbers = 0

  /// What a command is about, from what was known before its batch. Nil: there is nothing like it.
  mutating func issue(_ command: ForwardingCommand, _ model: ForwardingModel) -> SentCall? {
    call(command, model).map { SentCall(call: $0, inVain: command.inVain) }
  }

  private mutating func call(
    _ command: ForwardingCommand, _ model: ForwardingModel
  ) -> ForwardingCall? {
    switch command.what {
    case .submit(let orders): return .submit(orders.map { order($0) })
    case .cancel(let back, let reason):
      let order = Self.pick(model.orders.filter { !$0.isCancellation }, back)
      return order.map { .cancel($0, reason: reason) }
    case .good(let good): return .good("g\(good)")
    case .intake(let lanes, let time, let batch):
      return .intake(IntakeSettings(lanes: lanes, window: time * 1_000, batchSize: batch))
    case .unit(let unit, let codes, let settings):
      return .unit(
        Self.name(unit), codes: codes.map { Self.code($0) }, settings.map { $0.settings })
    case .delete(let unit, let force): return .delete(Self.name(unit), force: force)
    case .pause(let unit): return .pause(Self.name(unit))
    case .resume(let unit): return .resume(Self.name(unit))
    case .attach(let unit, let name, let credits):
      return .attach(Self.name(unit), name: "c\(name)", credits: credits, ConsumerOutbox())
    case .leave(let unit, let name, let isLost):
      return .leave(Self.name(unit), Self.consumer(name, unit, model), isLost: isLost)
    case .credits(let unit, let name, let credits):
      // They aren't taken back.
      if command.inVain { return nil }
      return .credits(Self.name(unit), Self.consumer(name, unit, model), credits)
    case .settle(let unit, let name, let acts):
      let id = Self.consumer(name, unit, model)
      return .settle(
        Self.name(unit), id,
        Self.settlement(acts, Self.name(unit), id, inVain: command.inVain, model))
    case .stale(let unit, let back):
      let handed = Self.pick(model.handed[Self.name(unit)] ?? [], back)
      return handed.map {
        .settle(
          Self.name(unit), $0.consumer,
          GivenSettlement(acks: [$0.token], nacks: [], extensions: []))
      }
    case .redrive(let unit, let count):
      return .redrive(Self.name(unit), Self.dead(unit, count, model))
    case .purge(let unit, let count):
      return .purge(Self.name(unit), Self.dead(unit, count, model))
    }
  }

  private static func name(_ unit: Int) -> String { "u\(unit)" }
  /// In the order of their bytes. Unicode takes the last two for the same.
  private static func code(_ code: Int) -> ExactText {
    code < 3 ? ExactText("C\(code)") : code == 3 ? "cafe\u{301}" : "caf\u{e9}"
  }

  private static func pick<Value>(_ all: [Value], _ back: Int) -> Value? {
    all.isEmpty ? nil : all[all.count - 1 - back % all.count]
  }

  /// Number 0 is nobody.
  private static func consumer(_ name: Int, _ unit: Int, _ model: ForwardingModel) -> Int64 {
    model.units[Self.name(unit)]?.consumers.first { $0.name == "c\(name)" }?.id ?? 0
  }

  /// Of none, one that isn't there.
  private static func dead(_ unit: Int, _ count: Int, _ model: ForwardingModel) -> [Int64] {
    let dead = model.units[name(unit)]?.sequences(.dead) ?? []
    return dead.isEmpty ? [1] : Array(dead.prefix(count))
  }

  private mutating func order(_ wanted: HistoryOrder) -> ModelOrder {
    var order: ModelOrder
    switch wanted {
    case .new(let key, let code, let goods, let isPoison):
      order = new(key, code, goods, isPoison)
    case .again(let back):
      guard let before = Self.pick(given, back) else { return new(0, 0, [], false) }
      return before
    case .version(let back, let code):
      guard let before = Self.pick(given, back) else { return new(0, 0, [], false) }
      order = before
      order.version += 1
      order.code = Self.code(code)
    case .changed(let back):
      guard let before = Self.pick(given, back) else { return new(0, 0, [], false) }
      order = before
      order.text += 1
    }
    given.append(order)
    return order
  }

  private mutating func new(
    _ key: Int, _ code: Int, _ goods: [Int], _ isPoison: Bool
  ) -> ModelOrder {
    numbers += 1
    return ModelOrder(
      number: numbers, key: "k\(key)", code: Self.code(code), goods: goods.map { "g\($0)" },
      isPoison: isPoison)
  }

  private static func settlement(
    _ acts: [HistoryAct], _ unit: String, _ id: Int64, inVain: Bool, _ model: ForwardingModel
  ) -> GivenSettlement {
    var settlement = GivenSettlement(acks: [], nacks: [], extensions: [])
    let inHand = (model.units[unit]?.inHand ?? [:]).filter { $0.value.consumer == id }
    for (act, one) in zip(acts, inHand.sorted { $0.key < $1.key }) {
      switch act {
      case .acknowledge where !model[one.value.sequence].isPoison, .acknowledgeAnyway:
        settlement.acks.append(one.key)
      case .acknowledge:
        settlement.nacks.append(.init(token: one.key, delay: 0, reason: "poison"))
      case .refuse(let milliseconds):
        settlement.nacks.append(
          .init(token: one.key, delay: milliseconds * 1_000, reason: "not now"))
      case .extend(let seconds):
        // It isn't taken back.
        guard !inVain else { continue }
        settlement.extensions.append(.init(token: one.key, duration: seconds * 1_000_000))
      case .nothing: break
      }
    }
    return settlement
  }
}

// The end of every history.
extension ForwardingCallers {
  /// What lets all orders go to units, and units have consumers.
  static var last: [ForwardingCommand] {
    let codes = Array(0..<ForwardingHistoryMaker.codes)
    var commands = [ForwardingCommand(what: .intake(lanes: 1, milliseconds: 0, batch: 100))]
    commands += (0..<ForwardingHistoryMaker.goods).map { ForwardingCommand(what: .good($0)) }
    for unit in 0..<ForwardingHistoryMaker.units {
      commands += [
        ForwardingCommand(what: .unit(unit, codes: codes, HistoryConsumption())),
        ForwardingCommand(what: .resume(unit)),
        ForwardingCommand(what: .attach(unit, name: 2, credits: 100)),
      ]
    }
    return commands
  }

  /// All consumers do what they can with all that they have.
  func settlingAll(_ model: ForwardingModel) -> [ForwardingCommand] {
    var commands: [ForwardingCommand] = []
    for unit in 0..<ForwardingHistoryMaker.units {
      for name in 0...2 {
        let id = Self.consumer(name, unit, model)
        guard let shown = model.units[Self.name(unit)], shown.inHand(of: id) > 0 else { continue }
        // While it is down failures don't count, and if all that is left is bad, there's no end to it.
        let act = shown.isClosed ? HistoryAct.acknowledge : .acknowledgeAnyway
        let acts = Array(repeating: act, count: shown.inHand(of: id))
        commands.append(ForwardingCommand(what: .settle(unit, name: name, acts)))
      }
    }
    return commands
  }
}

extension ForwardingModel {
  /// No order is on its way any more.
  var isThrough: Bool {
    orders.allSatisfy(\.place.isThrough)
      && units.values.allSatisfy { $0.sequences(.queued).isEmpty }
  }
}

extension HistoryConsumption {
  var settings: ConsumptionSettings {
    ConsumptionSettings(
      ackDeadline: seconds * 1_000_000, attempts: attempts,
      policy: keyWaits ? .keyWaits : .keyGoesOn, breakerFailures: breaker)
  }
}
