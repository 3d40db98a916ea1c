/// What follows from the ledger of one business: figures of goods, and what is open of orders and
/// consignments. A class, so that a draft looks at it without a copy.
final class Ledger {
  /// Of a good, and what for.
  struct OpenKey: Hashable, Sendable {
    let good: ExactText
    let kind: OpenKind
    let reference: ExactText

    init(good: String, kind: OpenKind, reference: String) {
      self.good = ExactText(good)
      self.kind = kind
      self.reference = ExactText(reference)
    }
  }

  /// What is known of a good.
  struct Good: Sendable, Equatable {
    var figures = StockFigures()
    /// Its newest entry; 0: none.
    var sequence: Int64 = 0
    var policy: ReplenishmentPolicy?
  }

  /// The newest entry; 0: none.
  var sequence: Int64 = 0
  var policiesVersion: Int64 = 0
  var goods: [ExactText: Good] = [:]
  /// Each is more than 0.
  var open: [OpenKey: Int64] = [:]

  init() {}
}

/// Entries that are decided and not yet taken: all of them are, or none.
struct LedgerDraft {
  private let ledger: Ledger
  /// Of the ledger's newest entry before it takes these.
  private let base: Int64
  private(set) var entries: [StockEntry] = []
  /// What is other than in the ledger.
  private(set) var goods: [ExactText: Ledger.Good] = [:]
  private(set) var open: [Ledger.OpenKey: Int64] = [:]
  /// Entries behind which nothing is left of what was open.
  private var endings = 0

  init(_ ledger: Ledger) {
    self.ledger = ledger
    base = ledger.sequence
  }

  /// Its newest entry, or the ledger's.
  var sequence: Int64 { base + Int64(entries.count) }
  /// How many goods there are more.
  var newGoods: Int { goods.keys.count { ledger.goods[$0] == nil } }
  /// How many orders and consignments are open more, or fewer.
  var moreOpen: Int {
    open.reduce(0) { sum, entry in
      sum + (entry.value > 0 ? 1 : 0) - (ledger.open[entry.key] == nil ? 0 : 1)
    }
  }

  /// Whether a full ledger takes it.
  func fitsFull(isCancellation: Bool) -> Bool { isCancellation || endings == entries.count }

  /// What is left of what was reserved of a good for an order.
  func reserved(_ good: String, for order: String) -> Int64 {
    let key = Ledger.OpenKey(good: good, kind: .order, reference: order)
    return open[key] ?? ledger.open[key] ?? 0
  }

  /// Decides what a movement does. `field` is where it is in the request.
  mutating func record(_ move: StockMove, field: String) throws(StockRefusal) -> StockEntry {
    let name = ExactText(move.good)
    var good = goods[name] ?? ledger.goods[name] ?? Ledger.Good()
    let key = move.kind.reference.map {
      Ledger.OpenKey(good: move.good, kind: $0, reference: move.reference)
    }
    let left = key.map { open[$0] ?? ledger.open[$0] ?? 0 } ?? 0
    let change = try Self.change(move, onHand: good.figures.onHand, left: left, field)
    guard let after = good.figures.changed(by: change) else {
      throw .figureOutOfRange(field: field)
    }
    let entry = StockEntry(sequence: sequence + 1, move: move, change: change, after: after)
    good.figures = after
    good.sequence = entry.sequence
    goods[name] = good
    if let key, !move.reference.isEmpty {
      let after = left + (key.kind == .order ? change.reserved : change.inTransit)
      open[key] = after
      if left > 0, after == 0 { endings += 1 }
    }
    entries.append(entry)
    return entry
  }

  private static func change(
    _ move: StockMove, onHand: Int64, left: Int64, _ field: String
  ) throws(StockRefusal) -> StockFigures {
    let quantity = move.quantity
    switch move.kind {
    case .received: return StockFigures(onHand: quantity, inTransit: -min(quantity, left))
    case .shipped:
      return StockFigures(onHand: -quantity, reserved: -min(quantity, left), shipped: quantity)
    case .counted: return StockFigures(onHand: quantity - onHand)
    case .inTransit: return StockFigures(inTransit: quantity)
    case .reserved: return StockFigures(reserved: quantity)
    case .transitEnded, .released:
      guard quantity <= left else { throw .openExceeded(field: "\(field).quantity", open: left) }
      let ended = quantity == 0 ? left : quantity
      return move.kind == .released
        ? StockFigures(reserved: -ended) : StockFigures(inTransit: -ended)
    }
  }
}

extension Ledger {
  /// What the ledger was before it took a draft.
  struct Before {
    fileprivate var sequence: Int64
    fileprivate var goods: [(ExactText, Good?)]
    fileprivate var open: [(OpenKey, Int64?)]
  }

  /// Takes what was decided; the way back.
  func take(_ draft: LedgerDraft) -> Before {
    let before = Before(
      sequence: sequence, goods: draft.goods.keys.map { ($0, goods[$0]) },
      open: draft.open.keys.map { ($0, open[$0]) })
    sequence = draft.sequence
    for (name, good) in draft.goods { goods[name] = good }
    for (key, left) in draft.open { open[key] = left == 0 ? nil : left }
    return before
  }

  /// As it was.
  func takeBack(_ before: Before) {
    sequence = before.sequence
    for (name, good) in before.goods { goods[name] = good }
    for (key, left) in before.open { open[key] = left }
  }
}
