/// A good that an order is about.
struct OrderItem: Sendable, Equatable {
  /// The good's number in the catalog.
  var good: String
  var quantity: Int64
  /// What the catalog had when the order was taken; nil: not all goods of the order.
  var version: GoodVersion?
}

/// Versions of a good and of its manufacturer that held at the same time.
struct GoodVersion: Sendable, Equatable {
  var good: Int64
  /// 0: it has none.
  var manufacturer: Int64
}

/// The goods of an order that aren't all in the catalog.
struct LackedGoods: Sendable, Equatable {
  /// All of its goods, in the order of its items.
  var goods: [String]
  /// The first that isn't there.
  var missing: String
}

extension OrderItem {
  /// What is wrong with items, if something is. `path` is where they are in the request.
  static func refusal(of items: [OrderItem], _ path: String) -> ForwardingRefusal? {
    guard items.count <= ForwardingLimits.itemsPerOrder else {
      return .itemsTooMany(field: path, limit: ForwardingLimits.itemsPerOrder)
    }
    var goods: Set<ExactText> = []
    for (place, item) in items.enumerated() {
      guard isPrintable(item.good, bytes: ForwardingLimits.goodBytes) else {
        return .goodInvalid(field: "\(path)[\(place)].good")
      }
      guard (1...ForwardingLimits.quantity).contains(item.quantity) else {
        return .quantityOutOfRange(field: "\(path)[\(place)].quantity")
      }
      guard goods.insert(ExactText(item.good)).inserted else {
        return .goodTwice(field: "\(path)[\(place)].good")
      }
    }
    return nil
  }

  /// Not empty, not too long, and without control characters, as the catalog and the stock want it.
  static func isPrintable(_ text: String, bytes: Int) -> Bool {
    (1...bytes).contains(text.utf8.count)
      && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
  }
}
