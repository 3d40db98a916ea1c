internal import Calls
internal import RPC
internal import Store

/// Reads orders of a business from its feed: new ones from the memory that all consumers share.
struct OrderReader: Sendable {
  private let reader: FeedReader
  /// What was read last.
  private var chunks: [OrderChunk] = []

  init(_ store: DurableStore, _ business: String) throws(RPCError) {
    do throws(FeedError) { reader = try store.follow(OrderFeed.key(business), from: .now) } catch {
      throw error.rpcError()
    }
  }

  /// An order that was forwarded.
  mutating func order(_ sequence: Int64) async throws(RPCError) -> ForwardingService.KeptRecord {
    if let found = find(sequence) { return found }
    do throws(FeedError) {
      let read = try await reader.next(after: sequence - 1)
      do throws(StoreError) {
        chunks = []
        for chunk in read {
          chunks.append(
            try chunk.shared { (chunk) throws(StoreError) in try OrderChunk(chunk) })
        }
      } catch {
        throw FeedError.store(error)
      }
    } catch {
      throw error.rpcError()
    }
    guard let found = find(sequence) else { throw ForwardingRefusal.orderNotFound.rpcError }
    return found
  }

  private func find(_ sequence: Int64) -> ForwardingService.KeptRecord? {
    for chunk in chunks {
      guard let order = chunk[sequence] else { continue }
      return ForwardingService.KeptRecord(sequence: sequence, time: chunk.time, order: order)
    }
    return nil
  }
}
