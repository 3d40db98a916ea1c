// What putting an item does, by what there is under its kind and number:
//
//     there is          then                          counted as
//     nothing           version 1                     added
//     the same          the version that it has       unchanged
//     another           the next version              changed
//
// Invariants: the versions of an item are 1 to its newest, without a gap; a good's manufacturer is there.

/// What a catalog has.
enum CatalogKind: Int32, Sendable, CaseIterable {
  case manufacturer = 1
  case good = 2
}

/// Names an item of a business's catalog, by the bytes of its number.
struct CatalogKey: Hashable, Sendable {
  var kind: CatalogKind
  var number: String

  static func == (a: CatalogKey, b: CatalogKey) -> Bool {
    a.kind == b.kind && ExactText(a.number) == ExactText(b.number)
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(kind)
    hasher.combine(ExactText(number))
  }
}

/// What is known of an item's newest version.
struct CatalogEntry: Sendable, Equatable {
  var version: Int64
  /// Of a good; empty: none.
  var manufacturer = ""
}

/// Which versions there are in the catalog of one business. A class, so that it is looked at without a copy.
final class CatalogIndex {
  /// The newest version of each item.
  var newest: [CatalogKey: CatalogEntry] = [:]

  init() {}

  /// The version of a good's manufacturer that holds now; 0: it has none.
  func manufacturerVersion(of good: CatalogEntry) -> Int64 {
    guard !good.manufacturer.isEmpty else { return 0 }
    return newest[CatalogKey(kind: .manufacturer, number: good.manufacturer)]?.version ?? 0
  }
}

/// An item as it was given, checked.
struct CatalogItem: Sendable, Equatable {
  var key: CatalogKey
  /// Of a good; empty: none.
  var manufacturer: String
  /// Where it is in the request.
  var field: String
  /// All of it but what is computed here.
  var body: [UInt8]
}

/// How many items became what.
struct CatalogCounts: Sendable, Equatable {
  var added: Int64 = 0
  var changed: Int64 = 0
  var unchanged: Int64 = 0

  static func += (sum: inout CatalogCounts, counts: CatalogCounts) {
    sum.added += counts.added
    sum.changed += counts.changed
    sum.unchanged += counts.unchanged
  }
}

/// What is decided about some items and not yet taken: all of it is, or none.
struct CatalogDraft: Sendable, Equatable {
  /// Each item with its version from then on, in their order, and whether that is new.
  private(set) var items: [(item: CatalogItem, version: Int64, isNew: Bool)] = []
  private(set) var counts: [CatalogKind: CatalogCounts] = [:]
  /// Items and versions that there are more.
  private(set) var newItems = 0
  private(set) var newVersions = 0

  /// Decides. `present` are the bodies of the items' newest versions.
  init(
    _ given: [CatalogItem], _ index: CatalogIndex, present: [CatalogKey: [UInt8]]
  ) throws(CatalogRefusal) {
    var here: Set<CatalogKey> = []
    for item in given {
      guard here.insert(item.key).inserted else {
        throw .numberTwice(field: "\(item.field).number")
      }
    }
    for item in given {
      let maker = CatalogKey(kind: .manufacturer, number: item.manufacturer)
      guard item.manufacturer.isEmpty || here.contains(maker) || index.newest[maker] != nil else {
        throw .manufacturerNotFound(field: "\(item.field).manufacturer")
      }
      decide(item, newest: index.newest[item.key]?.version, isSame: present[item.key] == item.body)
    }
  }

  private mutating func decide(_ item: CatalogItem, newest: Int64?, isSame: Bool) {
    guard let newest else {
      newItems += 1
      newVersions += 1
      counts[item.key.kind, default: CatalogCounts()].added += 1
      return items.append((item, 1, true))
    }
    guard !isSame else {
      counts[item.key.kind, default: CatalogCounts()].unchanged += 1
      return items.append((item, newest, false))
    }
    newVersions += 1
    counts[item.key.kind, default: CatalogCounts()].changed += 1
    items.append((item, newest + 1, true))
  }

  static func == (a: CatalogDraft, b: CatalogDraft) -> Bool {
    a.counts == b.counts && a.items.count == b.items.count
      && zip(a.items, b.items).allSatisfy { $0 == $1 }
  }
}
