internal import Numbers
internal import Store

/// The orders of a business, as a feed: an order's sequence is its message's.
enum OrderFeed {
  /// A chunk begins with it; another layout is another number.
  static let layout: UInt8 = 2
  /// Of before there were items.
  static let layoutWithoutItems: UInt8 = 1
  /// Nothing of it goes by age: units may be away for long.
  static let retention = Duration.seconds(100 * 365 * 86_400)

  static func key(_ business: String) -> FeedKey { FeedKey(business: business, kind: "orders") }
}

/// An order as it was given in.
struct OrderRecord: Sendable, Equatable {
  var number: String
  var version: Int64
  /// Never empty.
  var key: String
  var code: String
  /// Of a cancellation its reason.
  var body: [UInt8]
  /// Of a cancellation the sequence of its order; else 0.
  var original: Int64 = 0
  /// Who gave it in.
  var principal: String
  var items: [OrderItem] = []

  var isCancellation: Bool { original != 0 }

  /// What the rules need of it.
  var facts: NewOrder {
    NewOrder(
      identity: OrderHash.identity(
        number: number, version: version, isCancellation: isCancellation),
      content: OrderHash.content(key: key, code: code, body: body, items: items),
      key: OrderHash.key(key),
      code: ExactText(code), original: original)
  }

  /// What the lengths and numbers of an order without items take at most.
  private static let integerBytes = 8 * 10

  /// As it is stored.
  var bytes: [UInt8] {
    var writer = writerBeforeItems
    // Most have none.
    if items.isEmpty { writer.byte(0) } else { writer.raw(Self.bytes(of: items)) }
    return writer.bytes
  }

  /// The part that is known before the goods of its items are looked up.
  var bytesBeforeItems: [UInt8] { writerBeforeItems.bytes }

  private var writerBeforeItems: VarintWriter {
    var writer = VarintWriter(
      capacity: number.utf8.count + key.utf8.count + code.utf8.count + body.count
        + principal.utf8.count + Self.integerBytes)
    writer.text(number)
    writer.integer(UInt64(bitPattern: version))
    writer.text(ExactText(key) == ExactText(number) ? "" : key)
    writer.text(code)
    writer.append(body)
    writer.integer(UInt64(bitPattern: original))
    writer.text(principal)
    return writer
  }

  /// Items as they are stored.
  static func bytes(of items: [OrderItem]) -> [UInt8] {
    guard !items.isEmpty else { return [0] }
    var writer = VarintWriter()
    writer.integer(UInt64(items.count))
    for item in items {
      writer.text(item.good)
      writer.integer(UInt64(bitPattern: item.quantity))
      // No good has a version 0.
      writer.integer(UInt64(bitPattern: item.version?.good ?? 0))
      writer.integer(UInt64(bitPattern: item.version?.manufacturer ?? 0))
    }
    return writer.bytes
  }

  init(
    number: String, version: Int64, key: String, code: String, body: [UInt8],
    original: Int64 = 0, principal: String, items: [OrderItem] = []
  ) {
    self.number = number
    self.version = version
    self.key = key.isEmpty ? number : key
    self.code = code
    self.body = body
    self.original = original
    self.principal = principal
    self.items = items
  }

  init(_ reader: inout VarintReader, layout: UInt8) throws(EventDamage) {
    let number = try reader.text()
    let version = Int64(bitPattern: try reader.integer())
    let key = try reader.text()
    let code = try reader.text()
    let body = try reader.array()
    let original = Int64(bitPattern: try reader.integer())
    self.init(
      number: number, version: version, key: key, code: code, body: body, original: original,
      principal: try reader.text())
    guard layout != OrderFeed.layoutWithoutItems else { return }
    let count = try reader.integer(as: Int.self)
    while items.count < count { items.append(try OrderItem(&reader)) }
  }
}

extension OrderItem {
  fileprivate init(_ reader: inout VarintReader) throws(EventDamage) {
    let good = try reader.text()
    let quantity = Int64(bitPattern: try reader.integer())
    let version = GoodVersion(
      good: Int64(bitPattern: try reader.integer()),
      manufacturer: Int64(bitPattern: try reader.integer()))
    self.init(good: good, quantity: quantity, version: version.good == 0 ? nil : version)
  }
}

/// The orders of a chunk of the feed.
struct OrderChunk: Sendable {
  let first: Int64
  let time: Timestamp
  let orders: [OrderRecord]

  init(_ chunk: FeedChunk) throws(StoreError) {
    first = chunk.first
    time = chunk.time
    do throws(EventDamage) {
      var reader = VarintReader(chunk.payload)
      let layout = try reader.byte()
      var orders: [OrderRecord] = []
      let isKnown = layout == OrderFeed.layout || layout == OrderFeed.layoutWithoutItems
      while isKnown, orders.count < chunk.count {
        orders.append(try OrderRecord(&reader, layout: layout))
      }
      self.orders = orders
    } catch {
      orders = []
    }
    guard orders.count == chunk.count else {
      throw .corrupt("the orders \(chunk.first) to \(chunk.last) of a business can't be read")
    }
  }

  subscript(_ sequence: Int64) -> OrderRecord? {
    let place = sequence - first
    return orders.indices.contains(Int(place)) ? orders[Int(place)] : nil
  }
}
