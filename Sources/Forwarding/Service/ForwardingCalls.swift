internal import Calls
internal import Store

/// How the service reaches the book: one call is one command of the store's writer.
typealias ForwardingCalls = StateCalls<ForwardingBook, ForwardingRefusal>

extension ForwardingCalls {
  /// About how many rows orders that are given in write.
  static func rows(of orders: [GivenOrder]) -> Int {
    orders.reduce(StoreCalls.usualRows) { $0 + $1.items.count * rowsPerItem }
  }

  /// What an item reserves: the entry, the good, and what is open.
  static var rowsPerItem: Int { 3 }
}
