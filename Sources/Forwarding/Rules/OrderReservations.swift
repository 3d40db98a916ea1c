// Which order of a number has its items reserved, and what becomes of them:
//
//     of a number comes                      nothing is known of   version v is known    v was cancelled
//     an order with items                    reserved              (below)               (below)
//     version 0 without                      –¹                    (below)               (below)
//     another order without                  known from then on    (below)               (below)
//     a later version than v                                       the difference        reserved
//     an earlier one                                               –                     –
//     the cancellation of v                                        released              –
//     of another version                     –                     –                     –
//
// ¹ Nothing is earlier than it, so nobody has to know it: most orders have neither versions nor items.
//
// So it doesn't matter in which order versions come. What went out of an order meanwhile, or was released by hand,
// stays so: a later version with 2 more reserves 2, however much of those before is left. What a number has is known
// for as long as that order is kept; what is reserved stays so beyond, until it goes out or is released by hand.

/// The orders whose items are those of their numbers.
struct OrderReservations: Sendable {
  /// The order whose items are those of its number.
  struct Holder: Sendable, Equatable {
    var version: Int64
    var sequence: Int64
    /// Else there is nothing to look for in the store.
    var hasItems: Bool
    var isCancelled = false
  }

  /// By the hash of the number.
  private var holders: [UInt64: Holder] = [:]
  /// The numbers whose holders came in a block of orders, and maybe in later ones by now.
  private var numbers: [Int64: [UInt64]] = [:]

  var isEmpty: Bool { holders.isEmpty }

  subscript(_ number: UInt64) -> Holder? { holders[number] }

  /// Whether an order matters of whose number nothing is known.
  static func mayMatter(version: Int64, hasItems: Bool) -> Bool { hasItems || version > 0 }

  /// Whether an order that comes becomes its number's holder.
  static func replaces(_ holder: Holder?, version: Int64, hasItems: Bool) -> Bool {
    guard let holder else { return mayMatter(version: version, hasItems: hasItems) }
    return version > holder.version
  }

  /// Another holder, or that it was cancelled; what was before.
  fileprivate mutating func put(_ holder: Holder, of number: UInt64) -> Holder? {
    let before = holders.updateValue(holder, forKey: number)
    if before?.sequence != holder.sequence {
      numbers[PlaceBlocks.block(of: holder.sequence), default: []].append(number)
    }
    return before
  }

  fileprivate mutating func takeBack(_ number: UInt64, to before: Holder?) {
    guard let holder = holders.removeValue(forKey: number) else { return }
    holders[number] = before
    if before?.sequence != holder.sequence {
      numbers[PlaceBlocks.block(of: holder.sequence)]?.removeLast()
    }
  }

  /// The orders of a block aren't kept any more.
  mutating func forget(block: Int64) {
    for number in numbers.removeValue(forKey: block) ?? [] {
      guard let holder = holders[number] else { continue }
      if PlaceBlocks.block(of: holder.sequence) == block { holders[number] = nil }
    }
  }

  /// How much more of a good is reserved than before, or less; with the place of its item, if it has one.
  struct Change: Sendable, Equatable {
    var item: Int?
    var good: String
    var quantity: Int64
  }

  /// The difference of two versions. The new items come first, in their order.
  static func changes(from before: [OrderItem], to after: [OrderItem]) -> [Change] {
    var left = Dictionary(
      before.map { (ExactText($0.good), $0.quantity) }, uniquingKeysWith: { $0 + $1 })
    var changes: [Change] = []
    for (place, item) in after.enumerated() {
      let change = item.quantity - (left.removeValue(forKey: ExactText(item.good)) ?? 0)
      if change != 0 { changes.append(Change(item: place, good: item.good, quantity: change)) }
    }
    for item in before {
      guard let quantity = left.removeValue(forKey: ExactText(item.good)) else { continue }
      changes.append(Change(good: item.good, quantity: -quantity))
    }
    return changes
  }
}

extension Intake {
  /// An order has the items of its number from now on, or is cancelled.
  func hold(_ holder: OrderReservations.Holder, of number: UInt64) {
    let before = reservations.put(holder, of: number)
    note { [unowned self] in reservations.takeBack(number, to: before) }
  }

  /// After a start: as when it was taken.
  func loadHolder(_ number: UInt64, version: Int64, sequence: Int64, hasItems: Bool) {
    let holder = reservations[number]
    guard OrderReservations.replaces(holder, version: version, hasItems: hasItems) else { return }
    _ = reservations.put(
      .init(version: version, sequence: sequence, hasItems: hasItems), of: number)
  }

  /// The same for a cancellation.
  func loadCancellation(_ number: UInt64, of original: Int64) {
    guard var holder = reservations[number], holder.sequence == original else { return }
    holder.isCancelled = true
    _ = reservations.put(holder, of: number)
  }
}
