internal import API
internal import Messages
public import Store

/// What can end a command without an answer.
typealias CatalogFailure = StateFailure<CatalogRefusal>

/// The catalogs in the store's writer: which versions there are is in memory, what they say is in the tables.
public final class CatalogBook: WriterState {
  /// The name in the migration table.
  public static let capability = "catalog"
  /// The tables.
  public static var migrations: [Migration] { CatalogSchema.migrations }

  private(set) var indices: [ExactText: CatalogIndex] = [:]
  private(set) var items = 0
  private(set) var versions = 0
  /// Goods that came with the batch in hand, which their businesses didn't have before.
  package private(set) var arrived: [(business: String, good: String)] = []

  /// Reads the tables.
  public init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) {
    try connection.query(CatalogStatements.newest) { (row) throws(StoreError) in
      guard let kind = CatalogKind(rawValue: Int32(truncatingIfNeeded: row.integer(1))) else {
        throw .corrupt("the kind of an item of \(row.text(0))")
      }
      let entry = CatalogEntry(
        version: row.integer(3), manufacturer: try Self.manufacturer(kind, row))
      let index = indices[ExactText(row.text(0))] ?? CatalogIndex()
      indices[ExactText(row.text(0))] = index
      index.newest[CatalogKey(kind: kind, number: row.text(2))] = entry
      items += 1
      versions += Int(entry.version)
    }
  }

  private static func manufacturer(
    _ kind: CatalogKind, _ row: borrowing ResultRow
  ) throws(StoreError) -> String {
    guard kind == .good, row.isNull(4) else { return row.text(4) }
    do throws(DecodingFailure) { return try API.Good(decoding: row.bytes(5)).manufacturer } catch {
      throw .corrupt("the good \(row.text(2)) of \(row.text(0)) can't be read: \(error)")
    }
  }

  /// The version of a good that holds now, and that of its manufacturer (0: it has none); nil: the
  /// business has no such good.
  package func version(
    ofGood number: String, of business: String
  ) -> (good: Int64, manufacturer: Int64)? {
    guard let index = indices[ExactText(business)],
      let entry = index.newest[CatalogKey(kind: .good, number: number)]
    else { return nil }
    return (entry.version, index.manufacturerVersion(of: entry))
  }

  /// Nothing is taken back any more.
  public func didCommit() { arrived.removeAll() }

  /// Puts items, all or none.
  func put(
    _ business: String, _ given: [CatalogItem], _ capacity: CatalogCapacity = CatalogCapacity(),
    _ batch: Batch
  ) throws(CatalogFailure) -> CatalogDraft {
    let index = indices[ExactText(business)] ?? CatalogIndex()
    var present: [CatalogKey: [UInt8]] = [:]
    for item in given where index.newest[item.key] != nil {
      do throws(StoreError) {
        try batch.query(
          CatalogStatements.item, bind: { $0.bind(business, item.key) },
          { present[item.key] = $0.bytes(3) })
      } catch {
        throw .store(error)
      }
    }
    let draft: CatalogDraft
    do throws(CatalogRefusal) {
      draft = try CatalogDraft(given, index, present: present)
      guard draft.newItems == 0 || items + draft.newItems <= capacity.items else {
        throw .itemsExhausted(limit: capacity.items)
      }
      guard draft.newVersions == 0 || versions + draft.newVersions <= capacity.versions else {
        throw .versionsExhausted(limit: capacity.versions)
      }
    } catch {
      throw .refused(error)
    }
    take(draft, index, business, batch)
    return draft
  }

  private func take(
    _ draft: CatalogDraft, _ index: CatalogIndex, _ business: String, _ batch: Batch
  ) {
    guard draft.newVersions > 0 else { return }
    let (itemsBefore, versionsBefore) = (items, versions)
    batch.undo { [unowned self] in (items, versions) = (itemsBefore, versionsBefore) }
    if indices[ExactText(business)] == nil {
      batch.undo { [unowned self] in indices[ExactText(business)] = nil }
      indices[ExactText(business)] = index
    }
    items += draft.newItems
    versions += draft.newVersions
    for (item, version, isNew) in draft.items where isNew {
      let before = index.newest[item.key]
      batch.undo { index.newest[item.key] = before }
      let entry = CatalogEntry(version: version, manufacturer: item.manufacturer)
      index.newest[item.key] = entry
      if before == nil, item.key.kind == .good { arrive(item.key.number, business, batch) }
      // Its manufacturer is known by now: it comes before it.
      let manufacturer = index.manufacturerVersion(of: entry)
      batch.write(CatalogStatements.putItem) { row in
        row.bind(item, business, version, batch.now)
        row.bind(item.manufacturer)
      }
      batch.write(CatalogStatements.addVersion) { row in
        row.bind(item, business, version, batch.now)
        row.bind(manufacturer)
      }
    }
  }

  private func arrive(_ good: String, _ business: String, _ batch: Batch) {
    arrived.append((business, good))
    batch.undo { [unowned self] in if !arrived.isEmpty { arrived.removeLast() } }
  }
}

extension Row {
  mutating func bind(_ business: String, _ key: CatalogKey) {
    bind(business)
    bind(key.kind.rawValue)
    bind(key.number)
  }

  fileprivate mutating func bind(
    _ item: CatalogItem, _ business: String, _ version: Int64, _ now: Timestamp
  ) {
    bind(business, item.key)
    bind(version)
    bind(now)
    bind(item.body)
  }
}

/// An item as the tables have it.
struct StoredItem: Sendable, Equatable {
  var number: String
  var version: Int64
  /// When this version came, µs.
  var time: Int64
  var body: [UInt8]
  /// Of a good in a version: its manufacturer's when that came; 0: none, or not known.
  var manufacturerVersion: Int64 = 0

  init(_ row: borrowing ResultRow) {
    number = row.text(0)
    version = row.integer(1)
    time = row.integer(2)
    body = row.bytes(3)
  }
}

extension ReadConnection {
  /// An item in its newest version.
  func item(_ business: String, _ key: CatalogKey) throws(StoreError) -> StoredItem? {
    var found: StoredItem?
    try query(
      CatalogStatements.item, bind: { $0.bind(business, key) }, { found = StoredItem($0) })
    return found
  }

  /// An item in a version.
  func item(
    _ business: String, _ key: CatalogKey, version: Int64
  ) throws(StoreError) -> StoredItem? {
    var found: StoredItem?
    try query(
      CatalogStatements.version,
      bind: { row in
        row.bind(business, key)
        row.bind(version)
      },
      { row in
        found = StoredItem(row)
        found?.manufacturerVersion = row.integer(4)
      })
    return found
  }

  /// Items after a number in their newest versions: at most so many, and at most a page's bytes but for a
  /// first one that has more.
  func items(
    _ business: String, after key: CatalogKey, limit: Int
  ) throws(StoreError) -> (items: [StoredItem], isMore: Bool) {
    var items: [StoredItem] = []
    var bytes = 0
    var isMore = false
    try query(
      CatalogStatements.itemsAfter,
      bind: { row in
        row.bind(business, key)
        row.bind(limit + 1)
      },
      { row in
        guard !isMore else { return }
        let item = StoredItem(row)
        bytes += item.body.count
        guard items.count < limit, items.isEmpty || bytes <= CatalogLimits.pageBytes else {
          isMore = true
          return
        }
        items.append(item)
      })
    return (items, isMore)
  }
}
