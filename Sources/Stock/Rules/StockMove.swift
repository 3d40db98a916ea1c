// What a movement of quantity q does to the figures of its good; "open" is what is left of an order's
// reservations or of a consignment:
//
//     kind           refers to             on hand   in transit      reserved        shipped
//     received       a consignment or not  + q       - min(q, open)
//     shipped        an order or not       - q                       - min(q, open)  + q
//     counted        nothing               = q
//     inTransit      a consignment                   + q
//     transitEnded   a consignment                   - q¹
//     reserved       an order                                        + q
//     released       an order                                        - q¹
//
// ¹ 0 is all that is open; more than is open is refused.
//
// A ledger that has as many entries as it may takes:
//
//     entries of which each ends what is open           no more of them can come than were opened before
//     what the cancellation of an order releases        no more than orders reserved before
//
// and nothing else.
//
// Invariants: in transit is the sum of what is open of consignments, reserved that of orders; both are 0 or
// more. Every figure is the sum of its changes.

/// What happened; the numbers are those of the wire and of the tables.
enum MoveKind: Int32, Sendable, CaseIterable {
  case received = 1
  case shipped = 2
  case counted = 3
  case inTransit = 4
  case transitEnded = 5
  case reserved = 6
  case released = 7

  /// What it may refer to.
  var reference: OpenKind? {
    switch self {
    case .received, .inTransit, .transitEnded: .consignment
    case .shipped, .reserved, .released: .order
    case .counted: nil
    }
  }

  /// Whether it says nothing without a reference.
  var needsReference: Bool {
    switch self {
    case .inTransit, .transitEnded, .reserved, .released: true
    case .received, .shipped, .counted: false
    }
  }

  /// The least quantity.
  var least: Int64 {
    switch self {
    case .counted, .transitEnded, .released: 0
    case .received, .shipped, .inTransit, .reserved: 1
    }
  }
}

/// What a quantity is held for.
enum OpenKind: Int32, Sendable, CaseIterable {
  case order = 1
  case consignment = 2
}

/// A movement as it was reported, checked.
struct StockMove: Sendable, Equatable {
  /// Empty: nobody reported it, an order made it by itself.
  var id: String
  var good: String
  var kind: MoveKind
  var quantity: Int64
  /// The order or the consignment, as the kind says; empty: none.
  var reference: String

  /// By the bytes of its texts.
  static func == (a: StockMove, b: StockMove) -> Bool {
    ExactText(a.id) == ExactText(b.id) && ExactText(a.good) == ExactText(b.good)
      && a.kind == b.kind && a.quantity == b.quantity
      && ExactText(a.reference) == ExactText(b.reference)
  }
}

/// Figures of a good, or how they change.
struct StockFigures: Sendable, Equatable {
  var onHand: Int64 = 0
  var inTransit: Int64 = 0
  var reserved: Int64 = 0
  var shipped: Int64 = 0

  /// The sum, or nil where a figure leaves its range.
  func changed(by change: StockFigures) -> StockFigures? {
    let range = -StockLimits.figure...StockLimits.figure
    let sum = StockFigures(
      onHand: onHand &+ change.onHand, inTransit: inTransit &+ change.inTransit,
      reserved: reserved &+ change.reserved, shipped: shipped &+ change.shipped)
    // No sum of two that are in the range can overflow.
    let isInRange =
      range.contains(sum.onHand) && range.contains(sum.inTransit)
      && range.contains(sum.reserved) && range.contains(sum.shipped)
    return isInRange ? sum : nil
  }
}

/// An entry of the ledger.
struct StockEntry: Sendable, Equatable {
  /// Counts the entries of its business from 1.
  var sequence: Int64
  var move: StockMove
  var change: StockFigures
  /// The good's figures behind it.
  var after: StockFigures
}
