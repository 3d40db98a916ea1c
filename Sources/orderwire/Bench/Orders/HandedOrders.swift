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
    /// Which order it is, if the load is verified; nil: none of the load's.
    var mark: OrderMark?
    /// Whether it should not have come, if its stream is still alive.
    var wasDone = false
  }

  var deliveries: [Delivery] = []
  /// The consumer's settlement that is answered.
  var settled: Int64?
  /// Of it, the tokens that the server didn't take.
  var refused: [UInt64] = []

  // From forwarding.proto.
  private enum Response {
    static let deliveries: UInt64 = 2
    static let settled: UInt64 = 3
  }
  private static let delivery: UInt64 = 1
  private static let position: UInt64 = 1
  private static let refusal: UInt64 = 2
  private static let token: UInt64 = 1
  private static let attempt: UInt64 = 3
  /// From a delivery down to the order: the stored order, the order.
  private static let toOrder: [UInt64] = [2, 3]
  private enum OrderField {
    static let number: UInt64 = 1
    static let code: UInt64 = 3
    static let key: UInt64 = 4
    static let body: UInt64 = 5
  }

  /// Reads an encoded ConsumeResponse; where the load is verified, looks whose orders it brings.
  init(_ bytes: UnsafeRawBufferPointer, of name: OrderName?) throws(RPCError) {
    var said = WireFields(bytes)
    while let (kind, field) = try said.next() {
      guard case .bytes(let range) = field else { continue }
      var parts = WireFields(bytes, range)
      if kind == Response.settled { settled = 0 }
      while let (number, part) = try parts.next() {
        switch part {
        case .integer(let value) where kind == Response.settled && number == Self.position:
          settled = Int64(bitPattern: value)
        case .bytes(let range) where kind == Response.settled && number == Self.refusal:
          refused.append(try Self.token(WireFields(bytes, range)))
        case .bytes(let range) where kind == Response.deliveries && number == Self.delivery:
          deliveries.append(try Self.delivery(WireFields(bytes, range), name))
        case .integer, .bytes: break
        }
      }
    }
  }

  private static func token(_ fields: WireFields) throws(RPCError) -> UInt64 {
    var fields = fields
    while let (number, field) = try fields.next() {
      if case .integer(let value) = field, number == token { return value }
    }
    return 0
  }

  private static func delivery(
    _ fields: WireFields, _ name: OrderName?
  ) throws(RPCError) -> Delivery {
    var fields = fields
    var delivery = Delivery()
    while let (number, field) = try fields.next() {
      switch field {
      case .integer(let value) where number == token: delivery.token = value
      case .integer(let value) where number == attempt: delivery.attempt = value
      case .bytes(let range) where number == toOrder[0]:
        try readOrder(WireFields(fields.bytes, range), toOrder.dropFirst(), name, &delivery)
      case .integer, .bytes: break
      }
    }
    return delivery
  }

  private static func readOrder(
    _ fields: WireFields, _ path: ArraySlice<UInt64>, _ name: OrderName?, _ delivery: inout Delivery
  ) throws(RPCError) {
    var fields = fields
    var parts = OrderParts()
    while let (number, field) = try fields.next() {
      guard case .bytes(let range) = field else { continue }
      if let next = path.first {
        guard number == next else { continue }
        let inner = WireFields(fields.bytes, range)
        return try readOrder(inner, path.dropFirst(), name, &delivery)
      }
      switch number {
      case OrderField.number: parts.number = range
      case OrderField.code: parts.code = range
      case OrderField.key: parts.key = range
      case OrderField.body: parts.body = range
      default: break
      }
    }
    delivery.begin = LoadPlan.begin(ofOrder: fields.bytes, parts.body)
    delivery.mark = name?.mark(parts, of: fields.bytes)
  }

  /// An encoded ConsumeRequest that acknowledges deliveries.
  static func settlement(
    _ position: Int64, of deliveries: ArraySlice<Delivery>
  ) throws(RPCError) -> [UInt8] {
    let settlement = Settlement(
      position: position, acks: deliveries.map { Int64(bitPattern: $0.token) })
    do throws(EncodingFailure) {
      return try ConsumeRequest(said: .settle(settlement)).encoded()
    } catch {
      throw RPCError(.internal, "a request can't be encoded")
    }
  }
}

/// Where the parts of an order are.
struct OrderParts {
  var number = 0..<0
  var code = 0..<0
  var key = 0..<0
  var body = 0..<0
}
