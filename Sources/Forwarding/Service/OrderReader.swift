internal import Calls
internal import RPC
internal import Store

/// Reads orders of a business from its feed: new ones from the memory that all consumers share.
struct OrderReader: Sendable {
  private let reader: FeedReader
  /// What was read last.
  private var chunks: [EncodedOrders] = []

  init(_ store: DurableStore, _ business: String) throws(RPCError) {
    do throws(FeedError) { reader = try store.follow(OrderFeed.key(business), from: .now) } catch {
      throw error.rpcError()
    }
  }

  /// An order that was forwarded.
  struct Found {
    let orders: EncodedOrders
    let place: Int

    /// As consumers get it, without goods.
    var encoding: [UInt8] { orders.encodings[place] }

    var hasItems: Bool { !orders.chunk.orders[place].items.isEmpty }

    var record: ForwardingService.KeptRecord {
      ForwardingService.KeptRecord(
        sequence: orders.chunk.first + Int64(place), time: orders.chunk.time,
        order: orders.chunk.orders[place])
    }
  }

  /// An order that was forwarded.
  mutating func order(_ sequence: Int64) async throws(RPCError) -> Found {
    if let found = find(sequence) { return found }
    do throws(FeedError) {
      let read = try await reader.next(after: sequence - 1)
      do throws(StoreError) {
        chunks = []
        for chunk in read {
          chunks.append(
            try chunk.shared { (chunk) throws(StoreError) in
              EncodedOrders(try OrderChunk(chunk))
            })
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

  private func find(_ sequence: Int64) -> Found? {
    for orders in chunks {
      let place = sequence - orders.chunk.first
      guard orders.encodings.indices.contains(Int(place)) else { continue }
      return Found(orders: orders, place: Int(place))
    }
    return nil
  }
}
