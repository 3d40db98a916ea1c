internal import Calls
internal import Store

/// How the service reaches the book: one call is one command of the store's writer.
typealias WarningCalls = StateCalls<WarningBook, WarningRefusal>
