internal import Calls
internal import RPC
internal import Store

/// How the service reaches the book.
typealias StockCalls = StateCalls<StockBook, StockRefusal>

extension StateCalls<StockBook, StockRefusal> {
  /// Sees to it that the form of a window that ends at `end` stays as it is; the newest version of the
  /// business's policies.
  func seal(
    _ business: String, _ end: Int64, _ context: ServerContext
  ) async throws(RPCError) -> Int64 {
    let sealed = try await change(context, rows: 1) { (book, batch) throws(StockFailure) in
      try book.seal(end, batch)
      return book.ledgers[ExactText(business)]?.policiesVersion ?? 0
    }
    do throws(StockRefusal) { return try sealed.get() } catch { throw error.rpcError }
  }

  /// Reads one snapshot of the tables, which may refuse.
  func look<Value: Sendable>(
    _ context: ServerContext,
    _ body: @escaping @Sendable (ReadConnection) throws(StoreError) -> Result<Value, StockRefusal>
  ) async throws(RPCError) -> Value {
    let found = try await read(context, body)
    do throws(StockRefusal) { return try found.get() } catch { throw error.rpcError }
  }
}
