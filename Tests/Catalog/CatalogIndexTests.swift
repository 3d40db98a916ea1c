import Testing

@testable import Catalog

/// The table at the head of CatalogIndex.swift.
@Suite struct CatalogIndexTests {
  private static func good(
    _ number: String, _ body: UInt8, maker: String = "", field: String = "f"
  ) -> CatalogItem {
    CatalogItem(
      key: CatalogKey(kind: .good, number: number), manufacturer: maker, field: field,
      body: [body])
  }

  private static func maker(_ number: String) -> CatalogItem {
    CatalogItem(
      key: CatalogKey(kind: .manufacturer, number: number), manufacturer: "", field: "m", body: [])
  }

  private static func index(_ newest: [CatalogKey: Int64]) -> CatalogIndex {
    let index = CatalogIndex()
    index.newest = newest.mapValues { CatalogEntry(version: $0) }
    return index
  }

  private static let tea = CatalogKey(kind: .good, number: "tea")

  @Test(arguments: [
    (nil, 1, CatalogCounts(added: 1)), (1, 1, CatalogCounts(unchanged: 1)),
    (1, 2, CatalogCounts(changed: 1)), (7, 1, CatalogCounts(unchanged: 1)),
    (7, 2, CatalogCounts(changed: 1)),
  ])
  func whatPuttingDoes(newest: Int64?, body: UInt8, counts: CatalogCounts) throws {
    let index = Self.index(newest.map { [Self.tea: $0] } ?? [:])
    let draft = try CatalogDraft([Self.good("tea", body)], index, present: [Self.tea: [1]])
    #expect(draft.counts == [.good: counts])
    let isNew = counts.unchanged == 0
    #expect(draft.items.map(\.version) == [(newest ?? 0) + (isNew ? 1 : 0)])
    #expect(draft.items.map(\.isNew) == [isNew])
    #expect(draft.newItems == (newest == nil ? 1 : 0) && draft.newVersions == (isNew ? 1 : 0))
  }

  private static let refusals: [([CatalogItem], CatalogRefusal?)] = [
    ([good("tea", 1, field: "a"), good("tea", 1, field: "b")], .numberTwice(field: "b.number")),
    ([good("tea", 1, maker: "x")], .manufacturerNotFound(field: "f.manufacturer")),
    ([good("tea", 1, maker: "known")], nil), ([maker("x"), good("tea", 1, maker: "x")], nil),
    ([maker("tea"), good("tea", 1)], nil),
  ]

  @Test(arguments: refusals)
  func whatIsRefused(items: [CatalogItem], refusal: CatalogRefusal?) throws {
    let index = Self.index([CatalogKey(kind: .manufacturer, number: "known"): 1])
    do throws(CatalogRefusal) {
      let draft = try CatalogDraft(items, index, present: [:])
      #expect(refusal == nil && draft.items.count == items.count)
    } catch {
      #expect(error == refusal)
    }
  }
}
