import API
import EventLoop
import Messages
import RPC

/// What a consumer of a load gets, as it came over the wire: of each delivery only what the load looks at.
struct HandedOrders: Sendable {
  struct Delivery: Sendable {
    var token: UInt64 = 0
    var attempt: UInt64 = 0
    /// When the call of its order began.
    var begin: MonotonicTime?
  }

  var deliveries: [Delivery] = []
  /// Acknowledgements that the server didn't take.
  var refused = 0

  // From forwarding.proto.
  private enum Response {
    static let deliveries: UInt64 = 2
    static let settled: UInt64 = 3
  }
  private static let delivery: UInt64 = 1
  private static let refusal: UInt64 = 2
  private static let token: UInt64 = 1
  private static let attempt: UInt64 = 3
  /// From a delivery down to the body: the stored order, the order, its body.
  private static let toBody: [UInt64] = [2, 3, 5]

  /// Reads an encoded ConsumeResponse.
  init(_ bytes: UnsafeRawBufferPointer) throws(RPCError) {
    var said = WireFields(bytes)
    while let (kind, field) = try said.next() {
      guard case .bytes(let range) = field else { continue }
      var parts = WireFields(bytes, range)
      while let (number, part) = try parts.next() {
        guard case .bytes(let range) = part else { continue }
        if kind == Response.deliveries, number == Self.delivery {
          deliveries.append(try Self.delivery(WireFields(bytes, range)))
        } else if kind == Response.settled, number == Self.refusal {
          refused += 1
        }
      }
    }
  }

  private static func delivery(_ fields: WireFields) throws(RPCError) -> Delivery {
    var fields = fields
    var delivery = Delivery()
    while let (number, field) = try fields.next() {
      switch field {
      case .integer(let value) where number == token: delivery.token = value
      case .integer(let value) where number == attempt: delivery.attempt = value
      case .bytes(let range) where number == toBody[0]:
        delivery.begin = try begin(WireFields(fields.bytes, range), toBody.dropFirst())
      case .integer, .bytes: break
      }
    }
    return delivery
  }

  private static func begin(
    _ fields: WireFields, _ path: ArraySlice<UInt64>
  ) throws(RPCError) -> MonotonicTime? {
    var fields = fields
    while let (number, field) = try fields.next() {
      guard number == path.first, case .bytes(let range) = field else { continue }
      guard path.count > 1 else { return LoadPlan.begin(ofOrder: fields.bytes, range) }
      return try begin(WireFields(fields.bytes, range), path.dropFirst())
    }
    return nil
  }

  /// An encoded ConsumeRequest that acknowledges them.
  func settlement(_ position: Int64) throws(RPCError) -> [UInt8] {
    let settlement = Settlement(
      position: position, acks: deliveries.map { Int64(bitPattern: $0.token) })
    do throws(EncodingFailure) {
      return try ConsumeRequest(said: .settle(settlement)).encoded()
    } catch {
      throw RPCError(.internal, "a request can't be encoded")
    }
  }
}
