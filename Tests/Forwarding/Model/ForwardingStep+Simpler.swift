extension ForwardingStep {
  /// Steps that do a little less.
  var simpler: [ForwardingStep] {
    switch self {
    case .commands(let commands): Self.simpler(commands).map { .commands($0) }
    case .pass(let time): Self.smaller(time).map { .pass(milliseconds: $0) }
    case .stepWall(let time): Self.smaller(time).map { .stepWall(seconds: $0) }
    case .crash(let isCommitted, let commands):
      (isCommitted && !commands.isEmpty ? [.commands(commands)] : [.restart])
        + Self.simpler(commands).map { .crash(isCommitted: isCommitted, $0) }
    case .restart: []
    }
  }

  private static func simpler(_ commands: [ForwardingCommand]) -> [[ForwardingCommand]] {
    var found: [[ForwardingCommand]] = []
    for place in commands.indices where commands.count > 1 {
      var fewer = commands
      fewer.remove(at: place)
      found.append(fewer)
    }
    for place in commands.indices {
      for simpler in commands[place].simpler {
        var changed = commands
        changed[place] = simpler
        found.append(changed)
      }
    }
    return found
  }

  fileprivate static func smaller(_ value: Int64) -> [Int64] {
    value == 0 ? [] : [0, value / 2, value - value.signum()].filter { $0 != value }
  }
}

extension ForwardingCommand {
  fileprivate var simpler: [ForwardingCommand] {
    (inVain ? [ForwardingCommand(what: what)] : [])
      + what.simpler.map { ForwardingCommand(what: $0, inVain: inVain) }
  }
}

extension ForwardingCommand.What {
  fileprivate var simpler: [Self] {
    switch self {
    case .submit(let orders):
      fewer(orders).map { .submit($0) }
        + orders.indices.flatMap { place in
          orders[place].simpler.map { order in
            var changed = orders
            changed[place] = order
            return .submit(changed)
          }
        }
    case .cancel(let back, let reason):
      (back > 0 ? [.cancel(back: 0, reason: reason)] : [])
        + (reason > 0 ? [.cancel(back: back, reason: 0)] : [])
    case .unit(let unit, let codes, let settings):
      fewer(codes).map { .unit(unit, codes: $0, settings) }
        + (settings == nil ? [] : [.unit(unit, codes: codes, nil)])
    case .intake(let lanes, let milliseconds, let batch):
      (lanes > 1 ? [.intake(lanes: 1, milliseconds: milliseconds, batch: batch)] : [])
        + (milliseconds > 0 ? [.intake(lanes: lanes, milliseconds: 0, batch: batch)] : [])
    case .attach(let unit, let name, let credits):
      credits > 1 ? [.attach(unit, name: name, credits: 1)] : []
    case .settle(let unit, let name, let acts):
      fewer(acts).map { .settle(unit, name: name, $0) }
    case .stale(let unit, let back): back > 0 ? [.stale(unit, back: 0)] : []
    case .redrive(let unit, let count): count > 1 ? [.redrive(unit, count: 1)] : []
    case .purge(let unit, let count): count > 1 ? [.purge(unit, count: 1)] : []
    case .good, .delete, .pause, .resume, .leave, .credits: []
    }
  }

  private func fewer<Element>(_ all: [Element]) -> [[Element]] {
    guard all.count > 1 else { return [] }
    return all.indices.map { place in
      var fewer = all
      fewer.remove(at: place)
      return fewer
    }
  }
}

extension HistoryOrder {
  fileprivate var simpler: [HistoryOrder] {
    switch self {
    case .new(let key, let code, let goods, let isPoison):
      (goods.isEmpty ? [] : [.new(key: key, code: code, isPoison: isPoison)])
        + (isPoison ? [.new(key: key, code: code, goods: goods)] : [])
        + (key > 0 ? [.new(key: 0, code: code, goods: goods, isPoison: isPoison)] : [])
        + (code > 0 ? [.new(key: key, code: 0, goods: goods, isPoison: isPoison)] : [])
    case .again(let back): back > 0 ? [.again(back: 0)] : []
    case .version(let back, let code): back > 0 ? [.version(back: 0, code: code)] : []
    case .changed(let back): back > 0 ? [.changed(back: 0)] : []
    }
  }
}
