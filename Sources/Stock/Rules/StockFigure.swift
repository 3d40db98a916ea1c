/// A figure that can be explained; the numbers are those of the wire.
enum StockFigure: Int32, Sendable, CaseIterable {
  case onHand = 1
  case inTransit = 2
  case reserved = 3
  case shipped = 4
  case quantityToOrder = 5

  /// The figure, of those that are kept or of a change of them.
  func value(in figures: StockFigures) -> Int64 {
    switch self {
    case .onHand: figures.onHand
    case .inTransit: figures.inTransit
    case .reserved: figures.reserved
    case .shipped: figures.shipped
    // Follows from all others.
    case .quantityToOrder: figures == StockFigures() ? 0 : 1
    }
  }

  /// Whether an entry is part of why the figure is what it is.
  func isChanged(by change: StockFigures) -> Bool { value(in: change) != 0 }
}
