internal import Calls
internal import Store

/// How the service reaches the book: one call is one command of the store's writer.
typealias WarningCalls = StateCalls<WarningBook, WarningRefusal>

extension WarningCalls {
  /// About how many rows a change writes where nobody knows better.
  static var rows: Int { 4 }
}
