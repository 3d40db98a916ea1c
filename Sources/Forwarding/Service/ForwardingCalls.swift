internal import Calls
internal import Store

/// How the service reaches the book: one call is one command of the store's writer.
typealias ForwardingCalls = StateCalls<ForwardingBook, ForwardingRefusal>

extension ForwardingCalls {
  /// About how many rows a change writes where nobody knows better.
  static var rows: Int { 4 }

  /// Of orders that are given in.
  static func rows(of orders: [GivenOrder]) -> Int { orders.reduce(rows) { $0 + $1.items.count } }
}
