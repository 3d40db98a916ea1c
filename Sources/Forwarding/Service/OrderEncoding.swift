internal import API
internal import Messages
internal import Numbers
internal import RPC
internal import Store

// What goes over the wire for every order, without messages: those took half of a loop's work. A test
// holds it to the generated encoding.

/// The orders of a chunk, each with its encoding as a `StoredOrder` with its body: made once for all units.
struct EncodedOrders: Sendable {
  let chunk: OrderChunk
  let encodings: [[UInt8]]

  init(_ chunk: OrderChunk) {
    self.chunk = chunk
    let time = ProtoTimestamp(microseconds: chunk.time.microseconds)
    encodings = chunk.orders.enumerated().map { place, order in
      order.encoding(sequence: chunk.first + Int64(place), time)
    }
  }
}

extension OrderRecord {
  /// The encoding of `StoredOrder`, with its body.
  func encoding(sequence: Int64, _ time: ProtoTimestamp) -> [UInt8] {
    let kind = UInt64((isCancellation ? API.OrderKind.cancellation : .order).rawValue)
    let sequence = UInt64(bitPattern: sequence)
    let version = UInt64(bitPattern: version)
    let order =
      Self.size(number) + WireWriter.size(ofField: version) + Self.size(code) + Self.size(key)
      + (body.isEmpty ? 0 : WireWriter.size(ofLength: body.count))
    let total =
      WireWriter.size(ofField: sequence) + WireWriter.size(ofField: kind)
      + WireWriter.size(ofLength: order) + WireWriter.size(ofLength: time.size)
      + Self.size(principal)
    return [UInt8](unsafeUninitializedCapacity: total) { buffer, count in
      var wire = WireWriter(buffer)
      wire.field(StoredOrderField.sequence, sequence)
      wire.field(StoredOrderField.kind, kind)
      wire.length(StoredOrderField.order, order)
      wire.text(OrderField.number, number)
      wire.field(OrderField.version, version)
      wire.text(OrderField.code, code)
      wire.text(OrderField.key, key)
      if !body.isEmpty {
        wire.length(OrderField.body, body.count)
        body.withUnsafeBytes { wire.append($0) }
      }
      wire.time(StoredOrderField.submitTime, time)
      wire.text(StoredOrderField.principal, principal)
      count = wire.count
    }
  }

  private static func size(_ text: String) -> Int {
    text.isEmpty ? 0 : WireWriter.size(ofLength: text.utf8.count)
  }
}

/// A delivery, and its order's encoding.
struct EncodedDelivery: Sendable {
  let handed: ConsumerOutbox.Handed
  let order: [UInt8]
  private let time: ProtoTimestamp
  /// Without its own number and length.
  private let inner: Int

  init(_ handed: ConsumerOutbox.Handed, order: [UInt8]) {
    self.handed = handed
    self.order = order
    time = ProtoTimestamp(microseconds: handed.deadline)
    let delivery = handed.delivery
    inner =
      WireWriter.size(ofField: UInt64(bitPattern: delivery.token))
      + WireWriter.size(ofLength: order.count)
      + WireWriter.size(ofField: UInt64(bitPattern: Int64(delivery.attempt)))
      + WireWriter.size(ofField: UInt64(bitPattern: Int64(delivery.losses)))
      + WireWriter.size(ofLength: time.size)
      + WireWriter.size(ofField: UInt64(bitPattern: Int64(handed.edits)))
  }

  /// What it takes in a response.
  var size: Int { WireWriter.size(ofLength: inner) }

  private func write(to wire: inout WireWriter) {
    let delivery = handed.delivery
    wire.length(DeliveryField.deliveries, inner)
    wire.field(DeliveryField.token, UInt64(bitPattern: delivery.token))
    wire.length(DeliveryField.order, order.count)
    order.withUnsafeBytes { wire.append($0) }
    wire.field(DeliveryField.attempt, UInt64(bitPattern: Int64(delivery.attempt)))
    wire.field(DeliveryField.losses, UInt64(bitPattern: Int64(delivery.losses)))
    wire.time(DeliveryField.deadlineTime, time)
    wire.field(DeliveryField.edits, UInt64(bitPattern: Int64(handed.edits)))
  }

  /// The encoding of a `ConsumeResponse` with so many deliveries.
  static func response(_ deliveries: [EncodedDelivery]) -> EncodedMessage<ConsumeResponse> {
    let inner = deliveries.reduce(0) { $0 + $1.size }
    let total = WireWriter.size(ofLength: inner)
    return EncodedMessage(
      bytes: [UInt8](unsafeUninitializedCapacity: total) { buffer, count in
        var wire = WireWriter(buffer)
        wire.length(DeliveryField.said, inner)
        for delivery in deliveries { delivery.write(to: &wire) }
        count = wire.count
      })
  }
}

extension SubmitResponse {
  /// The encoding of the response of these orders.
  static func encoding(_ orders: [Submitted]) -> [UInt8] {
    func size(_ order: Submitted) -> Int {
      WireWriter.size(ofField: UInt64(bitPattern: order.sequence))
        + WireWriter.size(ofField: order.isDuplicate ? 1 : 0)
    }
    let total = orders.reduce(0) { $0 + WireWriter.size(ofLength: size($1)) }
    return [UInt8](unsafeUninitializedCapacity: total) { buffer, count in
      var wire = WireWriter(buffer)
      for order in orders {
        wire.length(SubmittedField.orders, size(order))
        wire.field(SubmittedField.sequence, UInt64(bitPattern: order.sequence))
        wire.field(SubmittedField.duplicate, order.isDuplicate ? 1 : 0)
      }
      count = wire.count
    }
  }
}

extension WireWriter {
  fileprivate mutating func text(_ number: UInt64, _ text: String) {
    guard !text.isEmpty else { return }
    length(number, text.utf8.count)
    append(text)
  }

  fileprivate mutating func time(_ number: UInt64, _ time: ProtoTimestamp) {
    length(number, time.size)
    field(1, UInt64(bitPattern: time.seconds))
    field(2, UInt64(bitPattern: Int64(time.nanos)))
  }
}

extension ProtoTimestamp {
  fileprivate var size: Int {
    WireWriter.size(ofField: UInt64(bitPattern: seconds))
      + WireWriter.size(ofField: UInt64(bitPattern: Int64(nanos)))
  }
}

// Numbers of fields, from `forwarding.proto`.

private enum OrderField {
  static let number: UInt64 = 1
  static let version: UInt64 = 2
  static let code: UInt64 = 3
  static let key: UInt64 = 4
  static let body: UInt64 = 5
}

private enum StoredOrderField {
  static let sequence: UInt64 = 1
  static let kind: UInt64 = 2
  static let order: UInt64 = 3
  static let submitTime: UInt64 = 4
  static let principal: UInt64 = 5
}

private enum DeliveryField {
  /// Of a `ConsumeResponse`, and of what is in it.
  static let said: UInt64 = 2
  static let deliveries: UInt64 = 1
  static let token: UInt64 = 1
  static let order: UInt64 = 2
  static let attempt: UInt64 = 3
  static let losses: UInt64 = 4
  static let deadlineTime: UInt64 = 5
  static let edits: UInt64 = 6
}

private enum SubmittedField {
  static let orders: UInt64 = 1
  static let sequence: UInt64 = 1
  static let duplicate: UInt64 = 2
}
