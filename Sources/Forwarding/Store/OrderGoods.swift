internal import API
internal import Catalog
internal import Numbers
internal import Store

/// The goods of an order and their manufacturers, as they were when they were looked up.
struct OrderGoods: Sendable {
  private(set) var goods: [API.Good] = []
  /// Each once.
  private(set) var manufacturers: [API.Manufacturer] = []

  /// Those of an order that is kept; none if it waits for goods.
  init(
    _ order: OrderRecord, _ sequence: Int64, of business: String, _ connection: ReadConnection
  ) throws(StoreError) {
    var versions = order.lookedUp
    if versions == nil { versions = try connection.versions(of: sequence, business) }
    guard let versions, versions.count == order.items.count else { return }
    for (item, version) in zip(order.items, versions) {
      guard let good = try connection.good(item.good, of: business, version: version.good) else {
        throw .corrupt("version \(version.good) of the good \(item.good) of \(business) is gone")
      }
      goods.append(good)
      guard version.manufacturer != 0,
        !manufacturers.contains(where: { ExactText($0.number) == ExactText(good.manufacturer) })
      else { continue }
      let manufacturer = try connection.manufacturer(
        good.manufacturer, of: business, version: version.manufacturer)
      if let manufacturer { manufacturers.append(manufacturer) }
    }
  }
}

extension OrderGoods {
  /// About how long they are on the wire.
  var bytes: Int {
    goods.reduce(0) { $0 + $1.name.utf8.count + $1.details.utf8.count + Self.rest }
      + manufacturers.reduce(0) { $0 + $1.name.utf8.count + $1.details.utf8.count + Self.rest }
  }

  /// Numbers, version and time.
  private static let rest = 160
}

extension OrderRecord {
  /// Its goods, if they weren't all there when it was taken.
  var lackedGoods: [String] { lookedUp == nil ? items.map(\.good) : [] }

  /// The versions of its goods, if they were all there when it was taken.
  fileprivate var lookedUp: [GoodVersion]? {
    guard !items.isEmpty else { return [] }
    let versions = items.compactMap(\.version)
    return versions.count == items.count ? versions : nil
  }
}

extension ReadConnection {
  /// What was looked up of an order that had to wait for goods; nothing while it waits.
  fileprivate func versions(
    of sequence: Int64, _ business: String
  ) throws(StoreError) -> [GoodVersion] {
    var versions: [GoodVersion] = []
    try query(
      ForwardingStatements.goods,
      bind: { row in
        row.bind(business)
        row.bind(sequence)
      },
      { (row) throws(StoreError) in
        do throws(EventDamage) { versions = try GoodVersion.list(row.bytes(0)) } catch {
          throw .corrupt("the goods of order \(sequence) of \(business) can't be read")
        }
      })
    return versions
  }
}

extension StoredIntake {
  /// Writes what was looked up of an order that had to wait for goods.
  func writeGoods(_ versions: [GoodVersion], of sequence: Int64, _ batch: Batch) {
    var writer = VarintWriter()
    for version in versions {
      writer.integer(UInt64(bitPattern: version.good))
      writer.integer(UInt64(bitPattern: version.manufacturer))
    }
    batch.write(ForwardingStatements.addGoods) { row in
      row.bind(intake.business)
      row.bind(sequence)
      row.bind(writer.bytes)
    }
  }
}

extension GoodVersion {
  fileprivate static func list(_ bytes: [UInt8]) throws(EventDamage) -> [GoodVersion] {
    var versions: [GoodVersion] = []
    var reader = VarintReader(bytes)
    while !reader.isAtEnd {
      let good = Int64(bitPattern: try reader.integer())
      let manufacturer = Int64(bitPattern: try reader.integer())
      versions.append(GoodVersion(good: good, manufacturer: manufacturer))
    }
    return versions
  }
}
